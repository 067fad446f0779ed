//! What a call means in the present state, and its answer.

use std::time::Instant;

use bytes::Bytes;
use hyper::StatusCode;

use super::agent::{Agent, AgentState};
use super::{Environment, Phase};
use crate::api::{
    self, Answer, Call, Demand, EventKind, Registration, RuntimeReport, Waiter, accepted,
    agent_shutdown, error, forbidden, invalid_state,
};
use crate::fault::Fault;
use crate::ids;
use crate::settings::Telemetry;
use crate::telemetry::{Category, ExtensionState, Record, Subscription, TelemetrySubscription};

/// Extensions in an environment, internal ones included.
const MAX_AGENTS: usize = 10;

const INVALID_EXTENSION_STATE: &str = "Extension.InvalidExtensionState";
const INVALID_RUNTIME_STATE: &str = "InvalidStateTransition";

impl Environment {
    /// Lets one call happen. An answer that finds no one is no one's loss: the caller's connection broke.
    pub(super) fn answer(&mut self, call: Call) {
        let Call { arrived, demand, reply } = call;
        let answer = match demand {
            Demand::RuntimeNext => return self.runtime_next(arrived, reply),
            Demand::ExtensionNext { identifier } => {
                return self.extension_next(arrived, &identifier, reply);
            }
            Demand::RuntimeReport { request_id, report } => {
                self.runtime_report(arrived, &request_id, report)
            }
            Demand::RuntimeInitError { error_type, body } => self.runtime_init_error(error_type, &body),
            Demand::Register(registration) => self.register(arrived, registration),
            Demand::ExtensionError { identifier, error_type, init } => {
                self.extension_error(&identifier, error_type, init)
            }
            Demand::Subscribe { identifier, body } => self.subscribe(&identifier, &body),
        };
        let _ = reply.send(answer);
    }

    fn runtime_next(&mut self, at: Instant, waiter: Waiter) {
        self.runtime.first_next.get_or_insert(at);
        if !self.settings.is_managed() && let Some(flight) = self.flights.first_mut() {
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

    fn runtime_report(&mut self, at: Instant, request_id: &str, report: RuntimeReport) -> Answer {
        let flight = self.flights.iter_mut().find(|flight| flight.request_id == request_id);
        let Some(flight) = flight.filter(|flight| flight.handed_out) else {
            return error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
        };
        if flight.responded.is_some() {
            return invalid_state(INVALID_RUNTIME_STATE, "InvocationResponseSent", "a response");
        }
        let too_large = matches!(report, RuntimeReport::TooLarge);
        flight.respond(at, report);
        if too_large {
            let message = format!(
                "Exceeded maximum allowed payload size ({} bytes).",
                api::MAX_RESPONSE_BYTES
            );
            return error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message);
        }
        accepted()
    }

    fn runtime_init_error(&mut self, error_type: String, body: &Bytes) -> Answer {
        let in_init = self.phase == Phase::RuntimeInit && self.runtime.first_next.is_none();
        if !in_init || self.runtime.reported_init_error {
            return invalid_state(INVALID_RUNTIME_STATE, "Ready", "init/error");
        }
        self.runtime.reported_init_error = true;
        let message = String::from_utf8_lossy(body).into_owned();
        self.fault.get_or_insert(Fault::RuntimeInitError { error_type, message });
        accepted()
    }

    fn register(&mut self, at: Instant, registration: Registration) -> Answer {
        let Registration { name, events, wants_account } = registration;
        let external = self.agents.iter().position(|agent| *agent.name == *name);
        if let Some(refusal) = self.refuse_events(external.is_some(), &events) {
            return refusal;
        }
        let index = match external {
            Some(index) => index,
            None => match self.add_internal(&name) {
                Ok(index) => index,
                Err(refusal) => return refusal,
            },
        };
        let Some(agent) = self.agents.get_mut(index) else {
            return unknown_extension();
        };
        if !matches!(agent.state, AgentState::Started) {
            return invalid_state(INVALID_EXTENSION_STATE, agent.state.name(), "register");
        }
        agent.state = AgentState::Registered;
        agent.registered = Some(at);
        agent.events = events;
        api::registered(&agent.identifier, &self.settings.function_name, wants_account)
    }

    fn refuse_events(&self, external: bool, events: &[EventKind]) -> Option<Answer> {
        let refused = match (self.settings.is_managed(), external) {
            (false, true) => return None,
            (true, true) => EventKind::Invoke,
            (_, false) => EventKind::Shutdown,
        };
        events.contains(&refused).then(|| {
            let message = format!("{}: ErrInvalidEventType", refused.name());
            forbidden("Extension.InvalidEventType", &message)
        })
    }

    /// A name that is no file's: while only extensions run it is a mistake, later the function's own.
    fn add_internal(&mut self, name: &str) -> Result<usize, Answer> {
        match self.phase {
            Phase::ExtensionInit => {
                let message = format!("no extension file has the name {name}");
                return Err(forbidden("Extension.InvalidExtensionName", &message));
            }
            Phase::RuntimeInit if self.runtime.first_next.is_none() => {}
            _ => {
                let message = "Extension registration closed already";
                return Err(forbidden("Extension.RegistrationClosed", message));
            }
        }
        if self.agents.len() >= MAX_AGENTS {
            let message = format!("Extension limit ({MAX_AGENTS}) reached");
            return Err(forbidden("Extension.TooManyExtensions", &message));
        }
        let identifier = ids::uuid().map_err(|no_randomness| {
            let message = no_randomness.to_string();
            error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", &message)
        })?;
        self.agents.push(Agent::new(name.into(), identifier, None));
        Ok(self.agents.len() - 1)
    }

    fn extension_next(&mut self, at: Instant, identifier: &str, waiter: Waiter) {
        let phase = self.phase;
        let Some(agent) = self.agents.iter_mut().find(|agent| agent.identifier == identifier) else {
            let _ = waiter.send(unknown_extension());
            return;
        };
        if !matches!(agent.state, AgentState::Registered | AgentState::Running) {
            let _ = waiter.send(invalid_state(INVALID_EXTENSION_STATE, agent.state.name(), "next"));
            return;
        }
        agent.last_next = Some(at);
        if agent.first_next.is_none() {
            agent.first_next = Some(at);
            let events = agent.events.iter().map(|event| event.name()).collect();
            let ready = ExtensionState { name: &agent.name, state: "Ready", events, error_type: None };
            self.hub.record(&Record::ExtensionState(ready));
        }
        agent.state = AgentState::Ready(waiter);
        if let Phase::ShuttingDown { reason, deadline } = phase
            && agent.wants(EventKind::Shutdown)
        {
            agent.give(agent_shutdown(reason, deadline), AgentState::Leaving);
        }
    }

    fn extension_error(&mut self, identifier: &str, error_type: String, init: bool) -> Answer {
        let Some(agent) = self.agents.iter_mut().find(|agent| agent.identifier == identifier) else {
            return unknown_extension();
        };
        let allowed = match agent.state {
            AgentState::Started | AgentState::Failed => false,
            AgentState::Registered => true,
            AgentState::Ready(_) | AgentState::Running | AgentState::Leaving => !init,
        };
        if !allowed {
            let call = if init { "init/error" } else { "exit/error" };
            return invalid_state(INVALID_EXTENSION_STATE, agent.state.name(), call);
        }
        agent.state = AgentState::Failed;
        let name = agent.name.to_string();
        if !matches!(self.phase, Phase::ShuttingDown { .. }) {
            self.fault.get_or_insert(Fault::ExtensionError { name, error_type, init });
        }
        accepted()
    }

    fn subscribe(&mut self, identifier: &str, body: &[u8]) -> Answer {
        let Some(agent) = self.agents.iter().find(|agent| agent.identifier == identifier) else {
            return unknown_extension();
        };
        if !self.hub.is_open() {
            let message = "Telemetry API subscription is closed already";
            return forbidden("Telemetry.SubscriptionClosed", message);
        }
        let subscription = match Subscription::parse(body, self.settings.is_managed()) {
            Ok(subscription) => subscription,
            Err(why) => return error(StatusCode::BAD_REQUEST, "ValidationError", &why),
        };
        match self.settings.telemetry {
            Telemetry::AcceptedOnly => {
                let message = "Telemetry API is not supported";
                error(StatusCode::ACCEPTED, "Telemetry.NotSupported", message)
            }
            Telemetry::Refused => {
                forbidden("Telemetry.NotSupported", "this sandbox was told to refuse telemetry")
            }
            Telemetry::Delivered => {
                let types = subscription.types.iter().copied().map(Category::name).collect();
                self.hub.subscribe(subscription);
                let record = TelemetrySubscription { name: &agent.name, state: "Subscribed", types };
                self.hub.record(&Record::TelemetrySubscription(record));
                api::ok(&"OK")
            }
        }
    }
}

fn unknown_extension() -> Answer {
    forbidden("Extension.UnknownExtensionIdentifier", "Unknown extension")
}
