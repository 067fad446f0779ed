//! The flush under way: how much of it is left, and how long it has taken.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::reception::Reception;
use super::{AT_THE_END, Agent};
use crate::deliver::Done;
use crate::log::Level;
use crate::strategy::{Happened, Mode};

/// What waits when it begins goes with it; what comes later goes with the next one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flush {
    since: Instant,
    left: usize,
    documents: usize,
}

impl Flush {
    /// Of so many documents.
    pub(super) fn begin(documents: usize, now: Instant) -> Self {
        Self {
            since: now,
            left: documents,
            documents,
        }
    }

    /// Documents it still has to send.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Calls were started; so many documents are left.
    pub(super) fn go_on(&mut self, left: usize) {
        self.left = left;
    }

    /// Documents came back, and are to be sent again in the same flush.
    pub(super) fn take_back(&mut self, documents: usize) {
        self.left += documents;
    }

    /// So far.
    pub(super) fn took(&self, now: Instant) -> Duration {
        now - self.since
    }

    /// What is to be said of it, when it was about anything.
    pub(super) fn fields(&self, kept: usize, now: Instant) -> Option<Map<String, Value>> {
        let mut fields = Map::new();
        fields.insert(
            "took_ms".to_owned(),
            (self.took(now).as_secs_f64() * 1e3).into(),
        );
        fields.insert("documents".to_owned(), self.documents.into());
        fields.insert("kept".to_owned(), kept.into());
        (self.documents > 0).then_some(fields)
    }
}

impl Agent {
    pub(super) fn begin_flush(&mut self, now: Instant) {
        self.receive(AT_THE_END);
        match self.mode {
            Mode::Periodic(_) => self.reception.finish_overdue(now),
            // What an invocation had to say is said.
            Mode::End | Mode::Deferred | Mode::Adaptive => self.reception.finish_all(now),
        }
        self.delivery.begin();
        self.flush = Some(Flush::begin(self.reception.buffer.len(), now));
    }

    pub(super) fn settle(&mut self, done: Done) {
        let Reception { buffer, report, .. } = &mut self.reception;
        let before = buffer.len();
        self.delivery.settle(done, buffer, report);
        if let Some(flush) = &mut self.flush {
            flush.take_back(buffer.len() - before);
        }
    }

    /// Sends what is due: all of a flush, and full calls at any time. True when the end of a flush ends everything.
    pub(super) fn send(&mut self, now: Instant) -> bool {
        let Reception { buffer, report, .. } = &mut self.reception;
        let due = self.flush.as_ref().map_or(0, Flush::left);
        let left = self.delivery.start(buffer, report, due);
        let Some(flush) = &mut self.flush else {
            return false;
        };
        flush.go_on(left);
        // Nobody waits for lines but at the very end.
        let has_lines =
            self.reception.is_last() && self.logs.as_ref().is_some_and(|logs| !logs.is_idle());
        let everything = left == 0 && self.delivery.is_idle() && !has_lines;
        let nothing_helps = self.delivery.is_hopeless() && self.delivery.is_idle();
        if !everything && !nothing_helps {
            return false;
        }
        self.end_flush(now);
        let action = self.strategy.on(Happened::Flushed { everything }, now);
        self.act(action, now)
    }

    /// How long the flush has taken so far; one whose time is used up goes on beside the next invocation.
    pub(super) fn measure_flush(&mut self, now: Instant) {
        if let Some(flush) = &self.flush {
            let slowest = &mut self.reception.report.slowest_flush;
            *slowest = (*slowest).max(flush.took(now));
        }
    }

    fn end_flush(&mut self, now: Instant) {
        self.measure_flush(now);
        let kept = self.reception.buffer.len();
        let flush = self.flush.take();
        if let Some(fields) = flush.and_then(|flush| flush.fields(kept, now)) {
            self.log.say(Level::Debug, "flushed", fields);
        }
        self.say_losses();
    }

    /// At the end of each flush, what was lost since the one before.
    fn say_losses(&mut self) {
        if let Some(intake) = &self.intake
            && self.reception.may_have_overflowed(intake.receive_buffer())
        {
            self.reception.overflowed(intake.kernel_dropped());
        }
        self.reception.say_losses();
    }
}
