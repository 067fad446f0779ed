//! What a call means in the present state, and its answer: the Extensions API's and the Telemetry API's.

use std::time::Instant;

use hyper::StatusCode;

use super::agent::{Agent, AgentState};
use super::{Environment, Phase};
use crate::api::{
    self, Answer, EventKind, Refusal, Registration, Waiter, accepted, accepted_only, agent_shutdown,
};
use crate::fault::Fault;
use crate::ids;
use crate::settings::Telemetry;
use crate::telemetry::{Category, ExtensionState, Record, Subscription, TelemetrySubscription};

/// Extensions in an environment, internal ones included.
const MAX_AGENTS: usize = 10;

const INVALID_STATE: &str = "Extension.InvalidExtensionState";

impl Environment {
    pub(super) fn register(
        &mut self,
        at: Instant,
        registration: Registration,
    ) -> Result<Answer, Refusal> {
        let Registration {
            name,
            events,
            wants_account,
        } = registration;
        let external = self.agents.iter().position(|agent| *agent.name == *name);
        self.check_events(external.is_some(), &events)?;
        let index = match external {
            Some(index) => index,
            None => self.add_internal(&name)?,
        };
        let agent = self.agents.get_mut(index).ok_or_else(unknown_extension)?;
        if !matches!(agent.state, AgentState::Started) {
            return Err(Refusal::invalid_state(
                INVALID_STATE,
                agent.state.name(),
                "register",
            ));
        }
        agent.state = AgentState::Registered;
        agent.registered = Some(at);
        agent.events = events;
        Ok(api::registered(
            &agent.identifier,
            &self.settings.function_name,
            wants_account,
        ))
    }

    /// A managed instance has no INVOKE for external extensions; internal ones get no SHUTDOWN anywhere.
    fn check_events(&self, external: bool, events: &[EventKind]) -> Result<(), Refusal> {
        let refused = match (self.settings.is_managed(), external) {
            (false, true) => return Ok(()),
            (true, true) => EventKind::Invoke,
            (_, false) => EventKind::Shutdown,
        };
        if events.contains(&refused) {
            let message = format!("{}: ErrInvalidEventType", refused.name());
            return Err(Refusal::forbidden("Extension.InvalidEventType", message));
        }
        Ok(())
    }

    /// A name that is no file's: while only extensions run it is a mistake, later the function's own.
    fn add_internal(&mut self, name: &str) -> Result<usize, Refusal> {
        if self.phase == Phase::ExtensionInit {
            let message = format!("no extension file has the name {name}");
            return Err(Refusal::forbidden(
                "Extension.InvalidExtensionName",
                message,
            ));
        }
        if self.phase != Phase::RuntimeInit || self.runtime.first_next.is_some() {
            let message = "Extension registration closed already";
            return Err(Refusal::forbidden("Extension.RegistrationClosed", message));
        }
        if self.agents.len() >= MAX_AGENTS {
            let message = format!("Extension limit ({MAX_AGENTS}) reached");
            return Err(Refusal::forbidden("Extension.TooManyExtensions", message));
        }
        let identifier = ids::uuid().map_err(|error| Refusal::internal(error.to_string()))?;
        self.agents.push(Agent::new(name.into(), identifier, None));
        Ok(self.agents.len() - 1)
    }

    pub(super) fn extension_next(&mut self, at: Instant, identifier: &str, waiter: Waiter) {
        let agent = match find(&mut self.agents, identifier).and_then(may_call_next) {
            Ok(agent) => agent,
            Err(refusal) => {
                let _ = waiter.send(refusal.into());
                return;
            }
        };
        agent.last_next = Some(at);
        agent.state = AgentState::Ready(waiter);
        if agent.first_next.is_none() {
            agent.first_next = Some(at);
            let events = agent.events.iter().map(|event| event.name()).collect();
            let ready = ExtensionState {
                name: &agent.name,
                state: "Ready",
                events,
            };
            self.hub.record(&Record::ExtensionState(ready));
        }
        if let Phase::ShuttingDown { reason, deadline } = self.phase
            && agent.wants(EventKind::Shutdown)
        {
            agent.give(agent_shutdown(reason, deadline), AgentState::Leaving);
        }
    }

    pub(super) fn extension_error(
        &mut self,
        identifier: &str,
        error_type: String,
        init: bool,
    ) -> Result<Answer, Refusal> {
        let agent = find(&mut self.agents, identifier)?;
        let allowed = match agent.state {
            AgentState::Started | AgentState::Failed => false,
            AgentState::Registered => true,
            AgentState::Ready(_) | AgentState::Running | AgentState::Leaving => !init,
        };
        if !allowed {
            let call = if init { "init/error" } else { "exit/error" };
            return Err(Refusal::invalid_state(
                INVALID_STATE,
                agent.state.name(),
                call,
            ));
        }
        agent.state = AgentState::Failed;
        let name = agent.name.to_string();
        if !matches!(self.phase, Phase::ShuttingDown { .. }) {
            self.fault.get_or_insert(Fault::ExtensionError {
                name,
                error_type,
                init,
            });
        }
        Ok(accepted())
    }

    pub(super) fn subscribe(&mut self, identifier: &str, body: &[u8]) -> Result<Answer, Refusal> {
        let agent = find(&mut self.agents, identifier)?;
        if !self.hub.is_open() {
            let message = "Telemetry API subscription is closed already";
            return Err(Refusal::forbidden("Telemetry.SubscriptionClosed", message));
        }
        let subscription = Subscription::parse(body, self.settings.is_managed())
            .map_err(|why| Refusal::new(StatusCode::BAD_REQUEST, "ValidationError", why))?;
        match self.settings.telemetry {
            Telemetry::AcceptedOnly => Ok(accepted_only(
                "Telemetry.NotSupported",
                "Telemetry API is not supported",
            )),
            Telemetry::Refused => {
                let message = "this sandbox was told to refuse telemetry";
                Err(Refusal::forbidden("Telemetry.NotSupported", message))
            }
            Telemetry::Delivered => {
                let types = subscription
                    .types
                    .iter()
                    .copied()
                    .map(Category::name)
                    .collect();
                self.hub.subscribe(subscription);
                let record = TelemetrySubscription {
                    name: &agent.name,
                    state: "Subscribed",
                    types,
                };
                self.hub.record(&Record::TelemetrySubscription(record));
                Ok(api::ok(&"OK"))
            }
        }
    }
}

fn find<'a>(agents: &'a mut [Agent], identifier: &str) -> Result<&'a mut Agent, Refusal> {
    agents
        .iter_mut()
        .find(|agent| agent.identifier == identifier)
        .ok_or_else(unknown_extension)
}

fn may_call_next(agent: &mut Agent) -> Result<&mut Agent, Refusal> {
    match agent.state {
        AgentState::Registered | AgentState::Running => Ok(agent),
        _ => Err(Refusal::invalid_state(
            INVALID_STATE,
            agent.state.name(),
            "next",
        )),
    }
}

fn unknown_extension() -> Refusal {
    Refusal::forbidden("Extension.UnknownExtensionIdentifier", "Unknown extension")
}
