//! What is not at X-Ray yet: documents by trace, in the order in which the traces first came.
//!
//! Bounded in bytes. What is in flight counts too, because it may come back. When the room is used up the oldest trace goes: of all traces it
//! is the one most likely complete on one side and too late on the other.

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
    documents: VecDeque<Stored>,
    bytes: usize,
}

/// The documents that wait.
#[derive(Debug)]
pub struct Buffer {
    limit: usize,
    traces: VecDeque<Trace>,
    /// Where a trace is: its place counted from the first trace there ever was.
    places: HashMap<Option<TraceId>, i64>,
    first: i64,
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
        let trace = self.trace(document.trace_id, behind);
        trace.bytes += cost;
        if behind {
            trace.documents.push_back(document);
        } else {
            trace.documents.push_front(document);
        }
        self.documents += 1;
        self.bytes += cost;
    }

    fn trace(&mut self, id: Option<TraceId>, behind: bool) -> &mut Trace {
        let place = self.places.get(&id).map(|place| place - self.first);
        let place = place.and_then(|place| usize::try_from(place).ok());
        let place = place.unwrap_or_else(|| {
            let trace = Trace {
                id,
                documents: VecDeque::new(),
                bytes: TRACE_OVERHEAD,
            };
            self.bytes += TRACE_OVERHEAD;
            if behind {
                self.traces.push_back(trace);
            } else {
                self.traces.push_front(trace);
                self.first -= 1;
            }
            let place = if behind { self.traces.len() - 1 } else { 0 };
            self.places
                .insert(id, self.first + i64::try_from(place).unwrap_or(i64::MAX));
            place
        });
        #[expect(
            clippy::indexing_slicing,
            reason = "a place is that of a trace in the queue"
        )]
        &mut self.traces[place]
    }

    fn make_room(&mut self, bytes: usize) -> usize {
        let mut evicted = 0;
        while self.bytes + self.in_flight + bytes > self.limit
            && let Some(trace) = self.traces.front()
        {
            evicted += trace.documents.len();
            self.documents -= trace.documents.len();
            self.drop_front();
        }
        evicted
    }

    fn drop_front(&mut self) {
        if let Some(trace) = self.traces.pop_front() {
            self.places.remove(&trace.id);
            self.bytes -= trace.bytes;
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn document(trace: u8, bytes: usize) -> Stored {
        Stored {
            text: "x".repeat(bytes),
            trace_id: Some(TraceId::from_bytes([trace; 16])),
            id: None,
        }
    }

    fn traces(batch: &Batch) -> Vec<u8> {
        let trace = |document: &Stored| {
            (0..=255).find(|trace| document.trace_id == Some(TraceId::from_bytes([*trace; 16])))
        };
        batch.documents.iter().filter_map(trace).collect()
    }

    fn filled(traces: &[(u8, usize)]) -> Buffer {
        let mut buffer = Buffer::new(16 << 20);
        for (trace, count) in traces {
            for _ in 0..*count {
                assert_eq!(buffer.push(document(*trace, 100)), 0);
            }
        }
        buffer
    }

    #[test]
    fn documents_of_one_trace_go_together() {
        let mut buffer = filled(&[(1, 2), (2, 1), (1, 1)]);
        assert_eq!(traces(&buffer.take().unwrap()), [1, 1, 1, 2]);
        assert_eq!(buffer.take(), None);
    }

    #[test]
    fn a_trace_is_parted_only_when_it_fits_into_no_call() {
        let mut buffer = filled(&[(1, 30), (2, 30), (3, 120)]);
        let sizes: Vec<_> = std::iter::from_fn(|| buffer.take())
            .map(|batch| batch.documents.len())
            .collect();
        assert_eq!(sizes, [30, 30, 50, 50, 20]);
    }

    #[test]
    fn a_call_is_bounded_in_bytes() {
        let mut buffer = Buffer::new(16 << 20);
        for _ in 0..20 {
            buffer.push(document(1, 64_000));
        }
        let batch = buffer.take().unwrap();
        assert!(
            batch.cost() <= BATCH_BYTES && batch.documents.len() == 8,
            "{}",
            batch.documents.len()
        );
    }

    #[test]
    fn the_oldest_trace_goes_when_the_room_is_used_up() {
        let mut buffer = Buffer::new(4 * (1000 + OVERHEAD) + 4 * TRACE_OVERHEAD);
        for trace in [1, 2, 1, 3] {
            assert_eq!(buffer.push(document(trace, 1000)), 0);
        }
        assert_eq!(buffer.push(document(4, 1000)), 2);
        assert_eq!(traces(&buffer.take().unwrap()), [2, 3, 4]);
    }

    #[test]
    fn what_is_in_flight_uses_room_too() {
        let mut buffer = Buffer::new(2 * (1000 + OVERHEAD) + 2 * TRACE_OVERHEAD);
        buffer.push(document(1, 1000));
        buffer.push(document(1, 1000));
        let batch = buffer.take().unwrap();
        assert_eq!(buffer.push(document(2, 1000)), 0, "nothing is there to go");
        assert_eq!(buffer.push(document(3, 1000)), 1, "what waits goes");
        buffer.settle(&batch, Vec::new());
        assert_eq!(buffer.push(document(4, 1000)), 0);
    }

    #[test]
    fn what_comes_back_goes_first() {
        let mut buffer = filled(&[(1, 2), (2, 2)]);
        let batch = buffer.take().unwrap();
        buffer.push(document(3, 100));
        buffer.push(document(2, 100));
        buffer.settle(&batch, batch.documents.clone());
        assert_eq!(traces(&buffer.take().unwrap()), [1, 1, 3, 2, 2, 2]);
    }

    proptest! {
        #[test]
        fn counts_are_those_of_what_is_there(steps in prop::collection::vec((0u8..5, 0usize..2000, 0u8..4), 0..200)) {
            let mut buffer = Buffer::new(20_000);
            let (mut alive, mut flying) = (0, Vec::new());
            for (trace, bytes, step) in steps {
                match step {
                    0 | 1 => alive = alive + 1 - buffer.push(document(trace, bytes)),
                    2 => flying.extend(buffer.take()),
                    _ => if let Some(batch) = flying.pop() {
                        let again = if bytes % 2 == 0 { batch.documents.clone() } else { Vec::new() };
                        alive = alive + again.len() - batch.documents.len();
                        buffer.settle(&batch, again);
                    }
                }
                let in_flight: usize = flying.iter().map(|batch: &Batch| batch.documents.len()).sum();
                prop_assert_eq!(buffer.len() + in_flight, alive);
            }
            let waiting: usize = std::iter::from_fn(|| buffer.take()).map(|batch| batch.documents.len()).sum();
            let in_flight: usize = flying.iter().map(|batch| batch.documents.len()).sum();
            prop_assert_eq!(waiting + in_flight, alive);
            prop_assert_eq!(buffer.bytes, 0);
        }
    }
}
