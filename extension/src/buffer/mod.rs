//! What is not at X-Ray yet: documents by trace, in the order in which the traces first came.
//!
//! Bounded in bytes. What is in flight counts too, because it may come back. When the room is used up, the documents of the oldest trace that
//! is not finished go first: it will lack something anyway, where a finished one is whole. Then the oldest goes.

use std::collections::{HashMap, VecDeque};

use xray_segment::{EntityId, TraceId, limits};

/// Bytes of the documents in one call.
///
/// 50 documents of 64 kB would be 3.2 MB: more than a small function's share of a network card sends within a flush
/// budget, and lost in one piece when the connection breaks. Ordinary batches (50 documents of 1 or 2 kB) are far below.
pub const BATCH_BYTES: usize = 512 * 1024;

/// What a document costs beside its text.
const OVERHEAD: usize = size_of::<Stored>() + 16;

/// What a trace costs beside its documents: its queue, which has room for four from the start, and its place in two others.
const TRACE_OVERHEAD: usize = 5 * size_of::<Stored>() + 3 * size_of::<Trace>();

/// A document that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// As it came.
    pub text: String,
    /// Its trace.
    pub trace_id: Option<TraceId>,
    /// Its own id.
    pub id: Option<EntityId>,
}

impl Stored {
    /// The bytes it is counted with.
    fn cost(&self) -> usize {
        self.text.len() + OVERHEAD
    }
}

/// Documents for one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// At least one, at most [`limits::DOCUMENTS_PER_PUT`].
    pub documents: Vec<Stored>,
}

impl Batch {
    fn cost(&self) -> usize {
        self.documents.iter().map(Stored::cost).sum()
    }
}

#[derive(Debug)]
struct Trace {
    id: Option<TraceId>,
    /// None, when they had to go; the trace keeps its place until that is the first.
    documents: VecDeque<Stored>,
    bytes: usize,
    finished: bool,
}

/// The documents that wait.
#[derive(Debug)]
pub struct Buffer {
    limit: usize,
    traces: VecDeque<Trace>,
    /// Where a trace is: its place counted from the first trace there ever was.
    places: HashMap<Option<TraceId>, i64>,
    first: i64,
    /// Places of traces that were not finished when they came, in that order.
    unfinished: VecDeque<i64>,
    documents: usize,
    bytes: usize,
    in_flight: usize,
}

impl Buffer {
    /// Room for `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            traces: VecDeque::new(),
            places: HashMap::new(),
            first: 0,
            unfinished: VecDeque::new(),
            documents: 0,
            bytes: 0,
            in_flight: 0,
        }
    }

    /// Documents that wait, without those in flight.
    pub fn len(&self) -> usize {
        self.documents
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.documents == 0
    }

    /// Whether a call would be full.
    pub fn has_full_batch(&self) -> bool {
        self.documents >= limits::DOCUMENTS_PER_PUT || self.bytes >= BATCH_BYTES
    }

    /// Puts a document behind the others of its trace; the documents that had to go for it are counted.
    pub fn push(&mut self, document: Stored) -> usize {
        let evicted = self.make_room(document.cost() + TRACE_OVERHEAD);
        self.insert(document, true);
        evicted
    }

    /// Nothing more is expected for a trace.
    pub fn finish(&mut self, trace_id: Option<TraceId>) {
        if let Some(place) = self.places.get(&trace_id).copied()
            && let Some(trace) = self.trace_at(place)
        {
            trace.finished = true;
        }
    }

    /// Nothing more is expected for any trace.
    pub fn finish_all(&mut self) {
        for place in std::mem::take(&mut self.unfinished) {
            if let Some(trace) = self.trace_at(place) {
                trace.finished = true;
            }
        }
    }

    fn trace_at(&mut self, place: i64) -> Option<&mut Trace> {
        let index = usize::try_from(place - self.first).ok()?;
        self.traces.get_mut(index)
    }

    /// Takes the next call's documents: whole traces, the oldest first, as many as fit; a part only of a trace that fits into no call.
    pub fn take(&mut self) -> Option<Batch> {
        let mut batch = Batch::default();
        let mut bytes = 0;
        while let Some(trace) = self.traces.front_mut() {
            let whole = batch.documents.len() + trace.documents.len() <= limits::DOCUMENTS_PER_PUT
                && bytes + trace.bytes <= BATCH_BYTES;
            if !whole && !batch.documents.is_empty() {
                break;
            }
            while batch.documents.len() < limits::DOCUMENTS_PER_PUT
                && let Some(document) = trace.documents.pop_front()
            {
                let cost = document.cost();
                if bytes + cost > BATCH_BYTES && !batch.documents.is_empty() {
                    trace.documents.push_front(document);
                    break;
                }
                trace.bytes -= cost;
                bytes += cost;
                batch.documents.push(document);
            }
            if !trace.documents.is_empty() {
                break;
            }
            self.drop_front();
        }
        self.documents -= batch.documents.len();
        self.bytes -= bytes;
        self.in_flight += bytes;
        (!batch.documents.is_empty()).then_some(batch)
    }

    /// A batch came to its end: these of its documents, in this order, are to be sent again, and go before all others.
    pub fn settle(&mut self, batch: &Batch, again: Vec<Stored>) {
        self.in_flight -= batch.cost();
        for document in again.into_iter().rev() {
            self.insert(document, false);
        }
    }

    fn insert(&mut self, document: Stored, behind: bool) {
        let cost = document.cost();
        let place = self.place(document.trace_id, behind);
        let Some(trace) = self.trace_at(place) else {
            return;
        };
        let grows = behind && !trace.finished && trace.documents.is_empty();
        trace.bytes += cost;
        if behind {
            trace.documents.push_back(document);
        } else {
            trace.documents.push_front(document);
        }
        self.documents += 1;
        self.bytes += cost;
        if grows {
            self.unfinished.push_back(place);
        }
    }

    /// Where this trace is, or from now on is.
    fn place(&mut self, id: Option<TraceId>, behind: bool) -> i64 {
        if let Some(place) = self.places.get(&id) {
            return *place;
        }
        let trace = Trace {
            id,
            documents: VecDeque::new(),
            bytes: TRACE_OVERHEAD,
            // What is to be sent again was due before.
            finished: !behind,
        };
        self.bytes += TRACE_OVERHEAD;
        let place = if behind {
            self.traces.push_back(trace);
            self.first + i64::try_from(self.traces.len() - 1).unwrap_or(i64::MAX)
        } else {
            self.traces.push_front(trace);
            self.first -= 1;
            self.first
        };
        self.places.insert(id, place);
        place
    }

    fn make_room(&mut self, bytes: usize) -> usize {
        let mut evicted = 0;
        while self.bytes + self.in_flight + bytes > self.limit && !self.traces.is_empty() {
            let place = self.oldest_unfinished().unwrap_or(self.first);
            evicted += self.empty(place);
        }
        evicted
    }

    fn oldest_unfinished(&mut self) -> Option<i64> {
        while let Some(place) = self.unfinished.pop_front() {
            let trace = self.trace_at(place);
            if trace.is_some_and(|trace| !trace.finished && !trace.documents.is_empty()) {
                return Some(place);
            }
        }
        None
    }

    /// Drops the documents of a trace; a trace in the middle keeps its place, because all others are counted from the first.
    fn empty(&mut self, place: i64) -> usize {
        let Some(trace) = self.trace_at(place) else {
            return 0;
        };
        let documents = std::mem::take(&mut trace.documents).len();
        let bytes = std::mem::replace(&mut trace.bytes, TRACE_OVERHEAD) - TRACE_OVERHEAD;
        self.documents -= documents;
        self.bytes -= bytes;
        while self
            .traces
            .front()
            .is_some_and(|trace| trace.documents.is_empty())
        {
            self.drop_front();
        }
        documents
    }

    fn drop_front(&mut self) {
        if let Some(trace) = self.traces.pop_front() {
            self.places.remove(&trace.id);
            self.bytes -= trace.bytes;
            self.first += 1;
        }
        while self
            .unfinished
            .front()
            .is_some_and(|place| *place < self.first)
        {
            self.unfinished.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
