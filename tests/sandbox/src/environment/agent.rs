//! An extension as the Extensions API sees it.

use std::sync::Arc;
use std::time::Instant;

use crate::api::{Answer, EventKind, Waiter};
use crate::fault::ExitOutcome;
use crate::process::Process;

/// An external extension, or an internal one: then the function's process registered it and it has none of its own.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) name: Arc<str>,
    pub(super) process: Option<Process>,
    pub(super) identifier: String,
    pub(super) state: AgentState,
    pub(super) events: Vec<EventKind>,
    pub(super) registered: Option<Instant>,
    pub(super) first_next: Option<Instant>,
    pub(super) last_next: Option<Instant>,
}

#[derive(Debug)]
pub(super) enum AgentState {
    Started,
    Registered,
    /// It called next, which is answered by the next event.
    Ready(Waiter),
    /// It was given an event.
    Running,
    /// It was told to shut down: nothing more will come.
    Leaving,
    /// It reported an error: no call of it works any more.
    Failed,
}

impl AgentState {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::Registered => "Registered",
            Self::Ready(_) => "Ready",
            Self::Running => "Running",
            Self::Leaving => "Exited",
            Self::Failed => "InitError",
        }
    }
}

impl Agent {
    pub(super) fn new(name: Arc<str>, identifier: String, process: Option<Process>) -> Self {
        Self {
            name,
            process,
            identifier,
            state: AgentState::Started,
            events: Vec::new(),
            registered: None,
            first_next: None,
            last_next: None,
        }
    }

    pub(super) fn wants(&self, event: EventKind) -> bool {
        self.events.contains(&event)
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, AgentState::Ready(_))
    }

    /// Hands an event to an extension that waits for one; false when it does not wait.
    pub(super) fn give(&mut self, event: Answer, then: AgentState) -> bool {
        if !self.is_ready() {
            return false;
        }
        if let AgentState::Ready(waiter) = std::mem::replace(&mut self.state, then) {
            // Its connection may have broken meanwhile; then it will be killed at the deadline.
            let _ = waiter.send(event);
        }
        true
    }

    pub(super) fn has_ended(&self) -> bool {
        self.process
            .as_ref()
            .is_none_or(|process| process.exit().is_some())
    }

    pub(super) fn exit(&self) -> ExitOutcome {
        let exit = self.process.as_ref().and_then(Process::exit);
        exit.unwrap_or(ExitOutcome::NotRunning)
    }
}
