//! What a caller's header decides, and what is left to decide.

use std::time::SystemTime;

use xray_segment::{EntityId, Sampled, Timestamp, TraceHeader, TraceId};

use crate::recording::fill;

/// A request that has come, with its place in a trace: its caller's, or a new one.
#[derive(Debug)]
pub(super) struct Incoming {
    header: TraceHeader,
    /// The caller wants to know how it was decided.
    pub(super) asked: bool,
}

impl Incoming {
    pub(super) fn new(header: Option<&TraceHeader>) -> Self {
        let header = header.cloned();
        let asked = header.as_ref().map(|header| header.sampled) == Some(Sampled::Asked);
        Self {
            header: header.unwrap_or_else(|| TraceHeader::new(new_trace())),
            asked,
        }
    }

    pub(super) fn trace(&self) -> TraceId {
        self.header.root
    }

    pub(super) fn parent(&self) -> Option<EntityId> {
        self.header.parent
    }

    /// What the caller has decided, if it has.
    pub(super) fn decided(&self) -> Option<bool> {
        match self.header.sampled {
            Sampled::Yes => Some(true),
            Sampled::No => Some(false),
            Sampled::Asked | Sampled::Unsaid => None,
        }
    }

    /// The header that goes on to those who are called.
    pub(super) fn onward(self, sampled: bool) -> TraceHeader {
        self.header.with_decision(sampled)
    }
}

fn new_trace() -> TraceId {
    let mut random = [0; 12];
    fill(&mut random);
    let seconds = Timestamp::from(SystemTime::now()).as_micros() / 1_000_000;
    // The format has 32 bits for it, which last until 2106.
    TraceId::new(u32::try_from(seconds).unwrap_or(u32::MAX), random)
}
