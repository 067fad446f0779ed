//! How many traces, how they went, and how long they took.

use super::times::Times;
use crate::compile::{Entity, Status, Trace};

/// Traces by how their root went; each is in exactly one of ok, error, throttle and fault.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) total: u64,
    pub(super) fault: u64,
    pub(super) error: u64,
    pub(super) throttle: u64,
}

impl Counts {
    pub(super) fn add(&mut self, root: Option<Entity<'_>>) {
        self.total += 1;
        match root.map(Entity::status).unwrap_or_default() {
            Status::Fault => self.fault += 1,
            Status::Error => self.error += 1,
            Status::Throttle => self.throttle += 1,
            Status::Ok => {}
        }
    }
}

/// Counts and response times.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    pub(super) times: Times,
}

impl Tally {
    /// A trace whose root goes on has no response time yet.
    pub(super) fn add(&mut self, trace: &Trace) {
        let root = trace.root();
        self.counts.add(root);
        let took = root.and_then(|it| Some((it.end()? - it.start()?).max(0.0)));
        if let Some(seconds) = took {
            self.times.add(seconds);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.total += other.counts.total;
        self.counts.fault += other.counts.fault;
        self.counts.error += other.counts.error;
        self.counts.throttle += other.counts.throttle;
        self.times.merge(&other.times);
    }
}
