//! How often, how well, how fast: what is counted of requests and calls alike.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::histogram::Histogram;
use super::stored;
use crate::compile::{Entity, Status};

/// A request or a call that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// Epoch seconds.
    pub(super) start: f64,
    /// Epoch seconds.
    pub(super) end: f64,
    pub(super) status: Status,
}

impl Measured {
    /// `None` while it is in progress.
    pub(super) fn of(entity: Entity<'_>) -> Option<Self> {
        let (start, end) = (entity.start()?, entity.end()?);
        (!entity.in_progress()).then(|| Self {
            start,
            end,
            status: entity.status(),
        })
    }

    fn took(&self) -> Duration {
        between(self.start, self.end)
    }
}

/// The time from one epoch second to another, none when they are the wrong way round.
pub(super) fn between(start: f64, end: f64) -> Duration {
    Duration::try_from_secs_f64(end - start).unwrap_or_default()
}

/// From the first start to the last end of what it covers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Span {
    pub(super) start: f64,
    pub(super) end: f64,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            start: f64::INFINITY,
            end: f64::NEG_INFINITY,
        }
    }
}

impl Span {
    pub(super) const fn cover(&mut self, measured: &Measured) {
        self.start = self.start.min(measured.start);
        self.end = self.end.max(measured.end);
    }

    pub(super) const fn merge(&mut self, other: Self) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
    }
}

/// Counters of which each request is in exactly one, and response times.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Statistics {
    pub(super) ok: u64,
    pub(super) error: u64,
    pub(super) throttle: u64,
    pub(super) fault: u64,
    /// A sum of whole nanoseconds, which is the same in whichever order it is made.
    pub(super) time: Duration,
    #[serde(with = "stored::histogram")]
    pub(super) times: Histogram,
}

impl Statistics {
    pub(super) fn add(&mut self, measured: &Measured) {
        let counter = match measured.status {
            Status::Ok => &mut self.ok,
            Status::Error => &mut self.error,
            Status::Throttle => &mut self.throttle,
            Status::Fault => &mut self.fault,
        };
        *counter += 1;
        self.time = self.time.saturating_add(measured.took());
        self.times.add(measured.took());
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.ok += other.ok;
        self.error += other.error;
        self.throttle += other.throttle;
        self.fault += other.fault;
        self.time = self.time.saturating_add(other.time);
        self.times.merge(&other.times);
    }

    pub(super) const fn total(&self) -> u64 {
        self.ok + self.error + self.throttle + self.fault
    }
}
