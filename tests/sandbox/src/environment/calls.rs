//! What a call means in the present state, and its answer: the Runtime API's.

use std::time::Instant;

use bytes::Bytes;
use hyper::StatusCode;

use super::{Environment, Phase};
use crate::api::{self, Answer, Call, Demand, Refusal, RuntimeReport, Waiter, accepted};
use crate::fault::Fault;
use crate::telemetry::Record;

const INVALID_STATE: &str = "InvalidStateTransition";

impl Environment {
    /// Lets one call happen. An answer that finds no one is no one's loss: the caller's connection broke.
    pub(super) fn answer(&mut self, call: Call) {
        let Call {
            arrived,
            demand,
            reply,
        } = call;
        let answer = match demand {
            Demand::RuntimeNext => return self.runtime_next(arrived, reply),
            Demand::RestoreNext => {
                self.runtime.first_next.get_or_insert(arrived);
                self.runtime.restored = Some(reply);
                return;
            }
            Demand::ExtensionNext { identifier } => {
                return self.extension_next(arrived, &identifier, reply);
            }
            Demand::RuntimeReport { request_id, report } => {
                self.runtime_report(arrived, &request_id, report)
            }
            Demand::RuntimeInitError { error_type, body } => {
                self.runtime_init_error(error_type, &body)
            }
            Demand::Register(registration) => self.register(arrived, registration),
            Demand::ExtensionError {
                identifier,
                error_type,
                init,
            } => self.extension_error(&identifier, error_type, init),
            Demand::Subscribe { identifier, body } => self.subscribe(&identifier, &body),
        };
        let _ = reply.send(answer.unwrap_or_else(Answer::from));
    }

    fn runtime_next(&mut self, at: Instant, waiter: Waiter) {
        self.runtime.first_next.get_or_insert(at);
        if !self.settings.is_managed()
            && let Some(flight) = self.flights.first_mut()
        {
            if flight.handed_out && flight.responded.is_none() {
                // As in Lambda: who asks again without an answer gets the same event again.
                let _ = waiter.send(flight.runtime_event(&self.settings.function_arn()));
                return;
            }
            if flight.responded.is_some() && flight.runtime_next.is_none() {
                flight.runtime_next = Some(at);
                flight.runtime_done_recorded = true;
                let (status, error_type) = flight.status();
                let record = flight.runtime_done_record(at, status, error_type);
                self.hub.record(&Record::RuntimeDone(record));
            }
        }
        self.runtime.waiters.push_back(waiter);
    }

    fn runtime_report(
        &mut self,
        at: Instant,
        request_id: &str,
        report: RuntimeReport,
    ) -> Result<Answer, Refusal> {
        let flight = self
            .flights
            .iter_mut()
            .find(|flight| flight.request_id == request_id);
        let Some(flight) = flight.filter(|flight| flight.handed_out) else {
            let message = "Invalid request ID";
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                message,
            ));
        };
        if flight.responded.is_some() {
            let state = "InvocationResponseSent";
            return Err(Refusal::invalid_state(INVALID_STATE, state, "a response"));
        }
        let too_large = matches!(report, RuntimeReport::TooLarge);
        flight.respond(at, report);
        if too_large {
            Err(Refusal::too_large(api::MAX_RESPONSE_BYTES))
        } else {
            Ok(accepted())
        }
    }

    fn runtime_init_error(&mut self, error_type: String, body: &Bytes) -> Result<Answer, Refusal> {
        let in_init = self.phase == Phase::RuntimeInit && self.runtime.first_next.is_none();
        if !in_init || self.runtime.reported_init_error {
            return Err(Refusal::invalid_state(INVALID_STATE, "Ready", "init/error"));
        }
        self.runtime.reported_init_error = true;
        let message = String::from_utf8_lossy(body).into_owned();
        self.fault.get_or_insert(Fault::RuntimeInitError {
            error_type,
            message,
        });
        Ok(accepted())
    }
}
