//! The environment itself: one task that owns the processes and the state, and hears of everything by queues.
//!
//! The phases (init, invoke, shutdown) are written down one after the other, as Lambda goes through them. Each waits
//! in [`Environment::until`], which lets things happen one at a time until a condition holds, something broke, or the
//! deadline is there. Nothing else changes the state, so there are no locks in it.

mod agent;
mod agent_calls;
mod calls;
mod flight;
mod init;
mod invoke;
mod managed;
mod runtime;
mod shutdown;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep_until};

use crate::api::Call;
use crate::event::Event;
use crate::fault::{Fault, Shutdown, ShutdownReason};
use crate::invocation::{InitTimings, Invocation};
use crate::process::{Exited, Logs, Process, Source, freeze};
use crate::sandbox::SandboxError;
use crate::settings::Settings;
use crate::telemetry::Hub;
use agent::Agent;
use flight::Flight;
use runtime::Runtime;

/// How often the function's memory is looked at: it can pass its limit by what it touches in this time.
const MEMORY_CHECK: Duration = Duration::from_millis(10);
/// Far enough ahead to be never.
const NEVER: Duration = Duration::from_hours(24);
const MIB: u64 = 1024 * 1024;

/// What the owner of the sandbox asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Invoke {
        event: Event,
        reply: oneshot::Sender<Result<Invocation, SandboxError>>,
    },
    Shutdown {
        reply: oneshot::Sender<Shutdown>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No processes; the next invocation starts them.
    Down,
    /// The extensions are started and have to register.
    ExtensionInit,
    /// The function is started; it and the extensions have to call next.
    RuntimeInit,
    Up,
    ShuttingDown {
        reason: ShutdownReason,
        deadline: Instant,
    },
}

/// Why waiting ended without what was waited for.
#[derive(Debug)]
enum Interruption {
    Fault(Fault),
    Deadline,
}

#[derive(Debug)]
pub(crate) struct Environment {
    settings: Settings,
    api: SocketAddr,
    hub: Arc<Hub>,
    logs: Logs,
    calls: mpsc::Receiver<Call>,
    exits: mpsc::Receiver<Exited>,
    exit_sender: mpsc::Sender<Exited>,
    memory_check: Interval,
    phase: Phase,
    generation: u32,
    runtime: Runtime,
    agents: Vec<Agent>,
    /// What is being invoked: at most one, but on a managed instance.
    flights: Vec<Flight>,
    /// What broke; the first fault counts.
    fault: Option<Fault>,
    frozen: bool,
    peak_mb: u64,
    /// Set by init, taken by the first invocation after it.
    fresh_init: Option<InitTimings>,
    /// What rests is to be restored before it is invoked.
    is_snapshot: bool,
    /// How long that took; taken by the invocation it was for.
    fresh_restore: Option<Duration>,
}

impl Environment {
    pub(crate) fn new(settings: Settings, api: SocketAddr, calls: mpsc::Receiver<Call>) -> Self {
        let hub = Arc::new(Hub::new());
        // Two messages for each process that ever ends: room for more than can end at once.
        let (exit_sender, exits) = mpsc::channel(64);
        let mut memory_check = interval(MEMORY_CHECK);
        memory_check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            logs: Logs::new(Arc::clone(&hub), settings.forwards_logs),
            settings,
            api,
            hub,
            calls,
            exits,
            exit_sender,
            memory_check,
            phase: Phase::Down,
            generation: 0,
            runtime: Runtime::default(),
            agents: Vec::new(),
            flights: Vec::new(),
            fault: None,
            frozen: false,
            peak_mb: 0,
            fresh_init: None,
            is_snapshot: false,
            fresh_restore: None,
        }
    }

    /// The init phase that no invocation has told of yet.
    pub(crate) fn last_init(&self) -> InitTimings {
        self.fresh_init.unwrap_or_default()
    }

    pub(crate) fn logs(&self) -> Logs {
        self.logs.clone()
    }

    /// Serves the owner until it shuts the environment down, or drops it.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            let deadline = self.next_deadline();
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::Invoke { event, reply }) if self.settings.is_managed() => {
                        self.begin_managed(event, reply).await;
                    }
                    Some(Command::Invoke { event, reply }) => {
                        // Whoever no longer waits for the outcome has dropped its end.
                        let _ = reply.send(self.invoke(event).await);
                    }
                    Some(Command::Shutdown { reply }) => {
                        let _ = reply.send(self.shut_down(ShutdownReason::Spindown).await);
                        return;
                    }
                    None => return,
                },
                () = self.step(deadline) => {}
            }
            self.settle_managed().await;
        }
    }

    /// Lets things happen until the condition holds.
    async fn until(
        &mut self,
        deadline: Instant,
        holds: impl Fn(&Self) -> bool,
    ) -> Result<(), Interruption> {
        loop {
            if let Some(fault) = self.fault.take() {
                return Err(Interruption::Fault(fault));
            }
            if holds(self) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(Interruption::Deadline);
            }
            self.step(deadline).await;
        }
    }

    /// Waits for one thing to happen, at most until the deadline. Safe to be dropped at any await.
    async fn step(&mut self, deadline: Instant) {
        let runs = self.runtime.process.is_some() && !self.frozen;
        tokio::select! {
            // Calls first: what a process said before it ended counts.
            biased;
            Some(call) = self.calls.recv() => self.answer(call),
            Some(exited) = self.exits.recv() => self.note_exit(&exited),
            _ = self.memory_check.tick(), if runs => self.check_memory(),
            () = sleep_until(deadline.into()) => {}
        }
    }

    /// A process has ended: a fault, unless it was told to go.
    fn note_exit(&mut self, exited: &Exited) {
        if exited.generation != self.generation || matches!(self.phase, Phase::ShuttingDown { .. })
        {
            return;
        }
        let fault = match &exited.source {
            Source::Function => match self.runtime.out_of_memory.take() {
                Some(used_mb) => Fault::OutOfMemory {
                    used_mb,
                    limit_mb: self.settings.memory_mb,
                },
                None => Fault::RuntimeExited(exited.outcome),
            },
            Source::Extension(name) => Fault::ExtensionExited {
                name: name.to_string(),
                exit: exited.outcome,
            },
        };
        self.fault.get_or_insert(fault);
    }

    fn check_memory(&mut self) {
        let Some(process) = self.runtime.process.as_mut() else {
            return;
        };
        let used_mb = process.resident_bytes() / MIB;
        self.peak_mb = self.peak_mb.max(used_mb);
        if used_mb > self.settings.memory_mb && self.runtime.out_of_memory.is_none() {
            self.runtime.out_of_memory = Some(used_mb);
            process.kill();
        }
    }

    /// The most memory all processes had, together.
    fn measure_peak(&mut self) -> u64 {
        let now_mb = self.processes().map(Process::peak_bytes).sum::<u64>() / MIB;
        self.peak_mb = self.peak_mb.max(now_mb);
        self.peak_mb
    }

    fn processes(&self) -> impl Iterator<Item = &Process> {
        let agents = self
            .agents
            .iter()
            .filter_map(|agent| agent.process.as_ref());
        self.runtime.process.iter().chain(agents)
    }

    /// Stops all processes; the moment they stood still.
    async fn freeze(&mut self) -> Option<Instant> {
        self.hub.set_awake(false);
        self.frozen = true;
        freeze(self.processes()).await.then(Instant::now)
    }

    fn thaw(&mut self) {
        if self.frozen {
            self.processes().for_each(Process::thaw);
            self.frozen = false;
        }
        self.hub.set_awake(true);
    }
}
