//! Shutdown: SIGTERM to the runtime, SHUTDOWN to the extensions, SIGKILL to what is left.
//!
//! The limits are those of Lambda, for processes that get a processor when they need one. On a machine that is busy with something
//! else they do not: that time is not counted, so that whether a process is killed depends on what it does alone.

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
/// How often it is looked at how long the processes wait for a processor.
const LOOK: Duration = Duration::from_millis(20);

/// How long a process was kept waiting for a processor since this was begun: the most of all that there are.
#[derive(Debug)]
struct KeptWaiting {
    before: Vec<Duration>,
    most: Duration,
}

impl KeptWaiting {
    fn begin(waited: &[Option<Duration>]) -> Self {
        let before = waited.iter().map(|waited| waited.unwrap_or_default());
        Self {
            before: before.collect(),
            most: Duration::ZERO,
        }
    }

    fn look(&mut self, waited: &[Option<Duration>]) {
        for (before, waited) in self.before.iter().zip(waited) {
            let since = waited.unwrap_or_default().saturating_sub(*before);
            self.most = self.most.max(since);
        }
    }
}

impl Environment {
    pub(crate) async fn shut_down(&mut self, reason: ShutdownReason) -> Shutdown {
        self.thaw();
        let began = Instant::now();
        let budget = self.shutdown_budget();
        let deadline = began + budget;
        self.phase = Phase::ShuttingDown { reason, deadline };
        let mut waited = self
            .end_runtime(began + budget * RUNTIME_PERCENT / 100)
            .await;
        let deadline = deadline + waited;
        self.phase = Phase::ShuttingDown { reason, deadline };
        waited += self.end_agents(reason, deadline).await;
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
            took: began.elapsed().saturating_sub(waited),
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
    ///
    /// Returns how long it was kept waiting for a processor.
    async fn end_runtime(&mut self, deadline: Instant) -> Duration {
        let asks = !self.agents.is_empty();
        if let Some(process) = self.runtime.process.as_mut() {
            if asks {
                process.terminate();
            } else {
                process.kill();
            }
        }
        let kept = self
            .until_ended(deadline, |state| state.runtime.has_ended())
            .await;
        if let Some(process) = self.runtime.process.as_mut() {
            process.kill();
            process.ended().await;
        }
        kept
    }

    /// Returns how long they were kept waiting for a processor.
    async fn end_agents(&mut self, reason: ShutdownReason, deadline: Instant) -> Duration {
        for agent in &mut self.agents {
            if agent.wants(EventKind::Shutdown) {
                agent.give(agent_shutdown(reason, deadline), AgentState::Leaving);
            } else if let Some(process) = agent.process.as_mut() {
                process.kill();
            }
        }
        let kept = self
            .until_ended(deadline, |state| state.agents.iter().all(Agent::has_ended))
            .await;
        for process in self
            .agents
            .iter_mut()
            .filter_map(|agent| agent.process.as_mut())
        {
            process.kill();
            process.ended().await;
        }
        kept
    }

    /// Waits until they have ended, or have had their time: the deadline comes later by what they were kept waiting for a processor,
    /// which is returned.
    async fn until_ended(
        &mut self,
        deadline: Instant,
        have_ended: impl Fn(&Self) -> bool,
    ) -> Duration {
        let waited = |state: &Self| state.processes().map(Process::waited).collect::<Vec<_>>();
        let mut kept = KeptWaiting::begin(&waited(self));
        while Instant::now() < deadline + kept.most {
            let look = Instant::now() + LOOK;
            // The only interruption left is this deadline: nothing counts as a fault any more.
            let ended = self
                .until(look.min(deadline + kept.most), &have_ended)
                .await;
            if ended.is_ok() {
                break;
            }
            kept.look(&waited(self));
        }
        kept.most
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

#[cfg(test)]
mod tests {
    use super::*;

    fn waited(milliseconds: &[Option<u64>]) -> Vec<Option<Duration>> {
        let waited = milliseconds.iter();
        waited.map(|some| some.map(Duration::from_millis)).collect()
    }

    #[test]
    fn who_was_kept_waiting_most_since_the_beginning_counts() {
        let mut kept = KeptWaiting::begin(&waited(&[Some(500), Some(10), None]));
        kept.look(&waited(&[Some(510), Some(40), None]));
        assert_eq!(kept.most, Duration::from_millis(30));
    }

    #[test]
    fn an_end_takes_nothing_back() {
        let mut kept = KeptWaiting::begin(&waited(&[Some(500)]));
        kept.look(&waited(&[Some(570)]));
        kept.look(&waited(&[None]));
        assert_eq!(kept.most, Duration::from_millis(70));
    }
}
