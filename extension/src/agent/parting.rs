//! The end of an environment: where it matters, it waits a moment for the platform's last words.

use std::time::{Duration, Instant, SystemTime};

use super::Agent;
use crate::lambda::Reason;
use crate::strategy::{Action, Happened};

/// What the platform has to say of a function's death may be on its way when the end is told: it gathers records for 25 ms.
const LAST_WORDS: Duration = Duration::from_millis(60);

/// A SHUTDOWN that waits for the platform's last words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parting {
    pub(super) reason: Reason,
    pub(super) since: Instant,
    pub(super) remaining: Option<Duration>,
}

impl Parting {
    pub(super) fn until(&self) -> Instant {
        self.since + LAST_WORDS
    }
}

impl Agent {
    /// Whether the platform is about to tell more that matters: of why something open has to be closed, or the function's last lines.
    pub(super) fn expects_last_words(&self, reason: Reason) -> bool {
        let closes = reason != Reason::Spindown && !self.reception.open.is_empty();
        let matters = closes || self.logs.is_some();
        matters && self.is_told && !self.invocations.last_is_told()
    }

    /// The end, with whatever was told until now.
    pub(super) fn part(&mut self, parting: &Parting, now: Instant) -> Action {
        self.parting = None;
        if let Some(death) = self.invocations.death(parting.reason, now) {
            self.reception.close_open(&death, SystemTime::now().into());
        }
        let waited = now - parting.since;
        let remaining = parting.remaining;
        let remaining = remaining.map(|remaining| remaining.saturating_sub(waited));
        self.strategy.on(Happened::Shutdown { remaining }, now)
    }

    pub(super) fn part_when_due(&mut self, now: Instant) -> Option<Action> {
        let parting = self.parting?;
        let is_due = parting.until() <= now || self.invocations.last_is_told();
        is_due.then(|| self.part(&parting, now))
    }
}
