//! What Lambda tells, turn by turn and record by record, and what is to be done then.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use super::environment::Told;
use super::parting::Parting;
use super::{AT_THE_END, Agent};
use crate::lambda::{Record, Subscription, Turn};
use crate::strategy::{Action, Happened};

/// Loading roots and connecting wait until the first `/next` has surely been written.
const WARM_AFTER: Duration = Duration::from_millis(2);

impl Agent {
    pub(super) fn handle_told(&mut self, told: Told, now: Instant) -> Action {
        let turn = match told {
            Told::Turn(turn) => turn,
            Told::Begun(subscription) => {
                self.warm_at = Some(now + WARM_AFTER);
                self.is_told = subscription == Subscription::Promised;
                if !self.is_told {
                    self.strategy.on(Happened::NoTelemetry, now);
                }
                return Action::Next;
            }
            Told::Failed => return Action::Next,
        };
        self.delivery.thaw();
        if std::mem::take(&mut self.is_snapshot) {
            self.restored();
        }
        match turn {
            Turn::Invoke {
                request_id,
                remaining,
            } => {
                self.delivery.warm();
                let happened = Happened::Invoke {
                    request_id: &request_id,
                    remaining,
                    at: SystemTime::now(),
                };
                let action = self.strategy.on(happened, now);
                self.invocations.begin(request_id, now);
                action
            }
            Turn::Shutdown { reason, remaining } => {
                self.receive(AT_THE_END);
                let parting = Parting {
                    reason,
                    since: now,
                    remaining,
                };
                if self.expects_last_words(reason) {
                    self.parting = Some(parting);
                    return Action::Nothing;
                }
                self.part(&parting, now)
            }
            Turn::Unknown => Action::Next,
        }
    }

    pub(super) fn handle_record(&mut self, record: Record, now: Instant) -> Action {
        self.strategy.on(Happened::Telemetry, now);
        match record {
            Record::RuntimeDone { request_id, ending } => {
                let action = self.strategy.on(Happened::Ended(&request_id), now);
                self.reception.failed(&ending);
                if let Some(logs) = &mut self.logs {
                    logs.end(&request_id);
                }
                self.invocations.of(&request_id, now).ending = Some(ending);
                return action;
            }
            Record::Report { request_id, usage } => {
                let invocation = self.invocations.of(&request_id, now);
                if let Some(ending) = &invocation.ending {
                    self.reception.tell(ending, &usage);
                }
                invocation.usage = Some(usage);
                return self.part_when_due(now).unwrap_or(Action::Nothing);
            }
            Record::Fault { request_id, reason } => {
                self.invocations.exited(request_id.as_deref(), reason, now);
            }
            Record::Restored => self.restored(),
            Record::Start { request_id, trace } => {
                if let Some(logs) = &mut self.logs {
                    logs.begin(request_id, trace.map(|trace| trace.root));
                }
            }
            Record::Line(line) => {
                if let Some(logs) = &mut self.logs {
                    logs.take(line);
                }
            }
            Record::Other => {}
        }
        Action::Nothing
    }

    /// The environment is one of several copies: nothing from before may be used by two of them.
    fn restored(&mut self) {
        self.is_snapshot = false;
        reseed();
        self.delivery.restored();
    }
}

/// Ids and jitter from the system's randomness, which no snapshot holds.
fn reseed() {
    let mut seed = [0; 8];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut seed));
    if read.is_ok() {
        fastrand::seed(u64::from_ne_bytes(seed));
    }
}
