//! Traces that wait for their end, where not all are kept: all documents of a trace share its fate.
//!
//! ```text
//! reception ──▶ Undecided ──kept──▶ buffer
//!                   └─left out─▶ counted
//! ```
//!
//! A trace is decided when the invocation ends; as a daemon when its segment has come, or after a bound. What comes later goes the way of what
//! came before. Bounded in bytes: when there is no room, the oldest trace is decided by what is known of it so far.

mod facts;
mod keep;

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use xray_segment::TraceId;

use crate::buffer::Stored;
use facts::Facts;
pub use keep::Keep;

/// How long a trace may wait for its end.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Decisions that are remembered for what comes late.
const REMEMBERED: usize = 4096;

/// What became of documents that were looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// To be sent.
    pub kept: Vec<Stored>,
    /// Documents that are not.
    pub left_out: u64,
}

/// Traces that wait.
#[derive(Debug)]
pub struct Undecided {
    keep: Keep,
    limit: usize,
    traces: HashMap<TraceId, Waiting>,
    /// In the order in which they came; those that are decided are passed over.
    order: VecDeque<TraceId>,
    bytes: usize,
    fates: Fates,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    documents: Vec<Stored>,
    facts: Facts,
    /// Something in it cannot be read: that is nobody's reason to leave it out.
    strange: bool,
}

impl Undecided {
    /// Room for `limit` bytes.
    pub fn new(keep: Keep, limit: usize) -> Self {
        Self {
            keep,
            limit,
            traces: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            fates: Fates::default(),
        }
    }

    /// Holds a document, or lets it go the way of its trace; others may have to be decided for want of room.
    pub fn hold(&mut self, document: Stored, now: Instant) -> Decided {
        let mut decided = Decided::default();
        let Some(trace_id) = document.trace_id else {
            decided.kept.push(document);
            return decided;
        };
        match self.fates.of(trace_id) {
            Some(true) => decided.kept.push(document),
            Some(false) => decided.left_out += 1,
            None => self.add(trace_id, document, now),
        }
        while self.bytes > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.decide(oldest, &mut decided);
        }
        decided
    }

    fn add(&mut self, trace_id: TraceId, document: Stored, now: Instant) {
        let trace = self.traces.entry(trace_id).or_insert_with(|| {
            self.order.push_back(trace_id);
            Waiting {
                since: now,
                documents: Vec::new(),
                facts: Facts::default(),
                strange: false,
            }
        });
        match Facts::of(&document.text) {
            Some(facts) => trace.facts.add(&facts),
            None => trace.strange = true,
        }
        self.bytes += document.text.len();
        trace.documents.push(document);
    }

    /// Somebody else says that something in this trace failed.
    pub fn has_failed(&mut self, trace_id: TraceId) {
        if let Some(trace) = self.traces.get_mut(&trace_id) {
            trace.facts.fault = true;
        }
    }

    /// This trace has come to its end.
    pub fn end(&mut self, trace_id: TraceId) -> Decided {
        let mut decided = Decided::default();
        self.decide(trace_id, &mut decided);
        decided
    }

    /// Every trace has come to its end, but for those that are open still and have not waited too long.
    pub fn end_all(&mut self, now: Instant, is_open: impl Fn(TraceId) -> bool) -> Decided {
        let mut decided = Decided::default();
        for trace_id in std::mem::take(&mut self.order) {
            let since = self.traces.get(&trace_id).map(|trace| trace.since);
            match since {
                Some(since) if is_open(trace_id) && now < since + LONGEST_WAIT => {
                    self.order.push_back(trace_id);
                }
                Some(_) => self.decide(trace_id, &mut decided),
                None => {}
            }
        }
        decided
    }

    /// Traces that have waited too long are decided by what is known of them.
    pub fn end_overdue(&mut self, now: Instant) -> Decided {
        self.end_all(now, |_| true)
    }

    fn decide(&mut self, trace_id: TraceId, decided: &mut Decided) {
        let Some(trace) = self.traces.remove(&trace_id) else {
            return;
        };
        self.bytes -= trace
            .documents
            .iter()
            .map(|document| document.text.len())
            .sum::<usize>();
        let kept = trace.strange || self.keep.keeps(trace_id, &trace.facts);
        self.fates.remember(trace_id, kept);
        if kept {
            decided.kept.extend(trace.documents);
        } else {
            decided.left_out += trace.documents.len() as u64;
        }
    }
}

/// The newest decisions.
#[derive(Debug, Default)]
struct Fates {
    kept: HashMap<TraceId, bool>,
    order: VecDeque<TraceId>,
}

impl Fates {
    fn of(&self, trace_id: TraceId) -> Option<bool> {
        self.kept.get(&trace_id).copied()
    }

    fn remember(&mut self, trace_id: TraceId, kept: bool) {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.kept.remove(&oldest);
        }
        if self.kept.insert(trace_id, kept).is_none() {
            self.order.push_back(trace_id);
        }
    }
}

#[cfg(test)]
mod tests;
