//! Invocations as far as anybody told of them: when they began, how they ended, what they took, and what the last one died of if it died.
//!
//! Telemetry comes when it comes: of an end before its beginning, of what an invocation took when the next one runs.

use std::collections::VecDeque;
use std::time::Instant;

use crate::lambda::{Ending, Reason, Usage};
use crate::open::Death;

/// Invocations that are remembered: the last one, one before, one whose end is told early, and one that never was.
const REMEMBERED: usize = 4;

/// The newest invocations.
#[derive(Debug, Default)]
pub(super) struct Invocations {
    known: VecDeque<Invocation>,
    /// The id of the one that began last.
    last: Option<String>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Invocation {
    request_id: String,
    since: Instant,
    pub(super) ending: Option<Ending>,
    pub(super) usage: Option<Usage>,
    /// In what way the runtime exited.
    fault: Option<String>,
}

impl Invocations {
    /// One begins.
    pub(super) fn begin(&mut self, request_id: String, now: Instant) {
        self.of(&request_id, now);
        self.last = Some(request_id);
    }

    /// The one with this id, which may not have begun.
    pub(super) fn of(&mut self, request_id: &str, now: Instant) -> &mut Invocation {
        let place = self
            .known
            .iter()
            .position(|known| known.request_id == request_id);
        let known = place.and_then(|place| self.known.remove(place));
        if self.known.len() == REMEMBERED {
            self.known.pop_front();
        }
        self.known.push_back(known.unwrap_or_else(|| Invocation {
            request_id: request_id.to_owned(),
            since: now,
            ending: None,
            usage: None,
            fault: None,
        }));
        let newest = self.known.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "it was just put there")]
        &mut self.known[newest]
    }

    /// The platform says in what way the runtime of an invocation exited.
    pub(super) fn exited(&mut self, request_id: Option<&str>, reason: String, now: Instant) {
        let request_id = request_id.map(str::to_owned).or_else(|| self.last.clone());
        if let Some(request_id) = request_id {
            self.of(&request_id, now).fault = Some(reason);
        }
    }

    /// Whether the platform has told all there is to tell of the last one.
    pub(super) fn last_is_told(&self) -> bool {
        let last = self.last.as_ref();
        last.is_some_and(|last| {
            let mut known = self.known.iter();
            known.any(|known| known.request_id == *last && known.usage.is_some())
        })
    }

    /// What the last one died of, when the environment ends for this reason.
    ///
    /// Only Lambda's own word counts as a death: telemetry could be anyone's.
    pub(super) fn death(&mut self, reason: Reason, now: Instant) -> Option<Death> {
        let last = self.last.take();
        let last = last.and_then(|last| {
            let mut known = std::mem::take(&mut self.known).into_iter();
            known.find(|known| known.request_id == last)
        });
        let ran = last.as_ref().map(|last| now - last.since);
        let (ending, usage, fault) = last.map_or((None, None, None), |last| {
            (last.ending, last.usage, last.fault)
        });
        let ending = ending.unwrap_or_default();
        let memory = usage.and_then(|usage| usage.memory);
        match reason {
            Reason::Spindown => None,
            Reason::Timeout => Some(Death::Timeout {
                after: ending.duration.or(ran),
                memory,
            }),
            Reason::Failure => Some(Death::Exit {
                error_type: ending.error_type,
                reason: fault,
                memory,
            }),
        }
    }
}
