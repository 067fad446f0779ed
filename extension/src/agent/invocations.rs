//! The invocation in progress, as far as anybody told: when it began, how it ended, and what its death was if it died.

use std::time::Instant;

use crate::lambda::{Ending, Reason};
use crate::open::Death;

/// The invocation that began last, and one whose end was told before its beginning.
#[derive(Debug, Default)]
pub(super) struct Invocations {
    last: Option<Invocation>,
    early: Option<Invocation>,
}

#[derive(Debug)]
struct Invocation {
    request_id: String,
    since: Instant,
    /// What the platform says of its end.
    ending: Option<Ending>,
}

impl Invocations {
    /// One begins.
    pub(super) fn begin(&mut self, request_id: String, now: Instant) {
        let early = self.early.take();
        let early = early.filter(|early| early.request_id == request_id);
        self.last = early.or(Some(Invocation {
            request_id,
            since: now,
            ending: None,
        }));
    }

    /// The platform told how one ended.
    pub(super) fn end(&mut self, request_id: String, ending: Ending, now: Instant) {
        match &mut self.last {
            Some(last) if last.request_id == request_id => last.ending = Some(ending),
            _ => {
                self.early = Some(Invocation {
                    request_id,
                    since: now,
                    ending: Some(ending),
                });
            }
        }
    }

    /// What the last one died of, when the environment ends for this reason.
    ///
    /// Only Lambda's own word counts as a death: telemetry could be anyone's.
    pub(super) fn death(&mut self, reason: Reason, now: Instant) -> Option<Death> {
        let last = self.last.take();
        let ran = last.as_ref().map(|last| now - last.since);
        let ending = last.and_then(|last| last.ending).unwrap_or_default();
        match reason {
            Reason::Spindown => None,
            Reason::Timeout => Some(Death::Timeout {
                after: ending.duration.or(ran),
            }),
            Reason::Failure => Some(Death::Exit {
                error_type: ending.error_type,
            }),
        }
    }
}
