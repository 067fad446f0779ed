//! Shutdown: SIGTERM to the runtime, SHUTDOWN to the extensions, SIGKILL to what is left.

use std::time::{Duration, Instant};

use super::agent::{Agent, AgentState};
use super::runtime::Runtime;
use super::{Environment, Phase};
use crate::api::{EventKind, agent_shutdown};
use crate::fault::{ExitOutcome, Shutdown, ShutdownReason};
use crate::process::Process;

/// What all processes get together when there is an external extension.
const BUDGET: Duration = Duration::from_secs(2);
/// What they get when the only extensions are in the function's process.
const INTERNAL_BUDGET: Duration = Duration::from_millis(500);
/// The runtime's share of it, in percent.
const RUNTIME_PERCENT: u32 = 30;

impl Environment {
    pub(crate) async fn shut_down(&mut self, reason: ShutdownReason) -> Shutdown {
        self.thaw();
        let began = Instant::now();
        let budget = self.shutdown_budget();
        let deadline = began + budget;
        self.phase = Phase::ShuttingDown { reason, deadline };
        self.end_runtime(began + budget * RUNTIME_PERCENT / 100)
            .await;
        self.end_agents(reason, deadline).await;
        let exit = |process: Option<&Process>| {
            process
                .and_then(Process::exit)
                .unwrap_or(ExitOutcome::NotRunning)
        };
        let external = self.agents.iter().filter(|agent| agent.process.is_some());
        let shutdown = Shutdown {
            reason,
            function: exit(self.runtime.process.as_ref()),
            extensions: external.map(Agent::exit).collect(),
            took: began.elapsed(),
        };
        self.clear();
        shutdown
    }

    fn shutdown_budget(&self) -> Duration {
        if self.agents.iter().any(|agent| agent.process.is_some()) {
            BUDGET
        } else {
            INTERNAL_BUDGET
        }
    }

    /// A runtime without extensions beside it is not asked, it is killed.
    async fn end_runtime(&mut self, deadline: Instant) {
        let asks = !self.agents.is_empty();
        if let Some(process) = self.runtime.process.as_mut() {
            if asks {
                process.terminate();
            } else {
                process.kill();
            }
        }
        // The only interruption left is the deadline: nothing counts as a fault any more.
        let _ = self
            .until(deadline, |state| state.runtime.has_ended())
            .await;
        if let Some(process) = self.runtime.process.as_mut() {
            process.kill();
            process.ended().await;
        }
    }

    async fn end_agents(&mut self, reason: ShutdownReason, deadline: Instant) {
        for agent in &mut self.agents {
            if agent.wants(EventKind::Shutdown) {
                agent.give(agent_shutdown(reason, deadline), AgentState::Leaving);
            } else if let Some(process) = agent.process.as_mut() {
                process.kill();
            }
        }
        let _ = self
            .until(deadline, |state| state.agents.iter().all(Agent::has_ended))
            .await;
        for process in self
            .agents
            .iter_mut()
            .filter_map(|agent| agent.process.as_mut())
        {
            process.kill();
            process.ended().await;
        }
    }

    /// What is left of the generation goes; the memory of the machine (`/tmp`, the port) stays.
    fn clear(&mut self) {
        self.runtime = Runtime::default();
        self.agents.clear();
        self.phase = Phase::Down;
        self.fault = None;
        self.frozen = false;
    }
}
