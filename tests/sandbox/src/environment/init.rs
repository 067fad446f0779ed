//! Init: first the extensions, and when all have registered the function; over when everyone called next.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::agent::{Agent, AgentState};
use super::runtime::Runtime;
use super::{Environment, Interruption, Phase};
use crate::api;
use crate::clock;
use crate::fault::Fault;
use crate::ids;
use crate::invocation::InitTimings;
use crate::process::{Audience, Executable, Process, Source, variables};
use crate::settings::{FUNCTION_VERSION, InitializationType};
use crate::telemetry::{
    InitMetrics, InitReport, InitRuntimeDone, InitStart, Record, RestoreReport, RestoreRuntimeDone,
    RestoreStart,
};

impl Environment {
    /// Starts a new generation. After an error the environment has to be shut down.
    pub(crate) async fn init(&mut self, deadline: Instant) -> Result<(), Fault> {
        let started = Instant::now();
        self.generation += 1;
        self.runtime = Runtime::default();
        self.peak_mb = 0;
        self.hub.open();
        self.hub.set_awake(true);
        self.record_init_start();
        let outcome = self.bring_up(started, deadline).await;
        self.hub.close();
        self.record_init_report(started, outcome.as_ref().err());
        outcome?;
        self.phase = Phase::Up;
        self.fresh_init = Some(self.init_timings(started));
        match self.settings.initialization {
            InitializationType::ProvisionedConcurrency => {
                self.freeze().await;
            }
            InitializationType::SnapStart => {
                self.freeze().await;
                self.is_snapshot = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// Brings the snapshot back to life before its first invocation, which tells how long that took.
    pub(super) async fn restore(&mut self, deadline: Instant) -> Result<(), Interruption> {
        if !std::mem::take(&mut self.is_snapshot) {
            return Ok(());
        }
        let started = Instant::now();
        self.thaw();
        self.hub.record(&Record::RestoreStart(RestoreStart {
            function_name: &self.settings.function_name,
            function_version: FUNCTION_VERSION,
        }));
        if let Some(waiter) = self.runtime.restored.take() {
            let _ = waiter.send(api::ok(&serde_json::Map::new()));
        }
        let runtime_ready = |state: &Self| !state.runtime.waiters.is_empty();
        self.until(deadline, runtime_ready).await?;
        let status = "success";
        let done = RestoreRuntimeDone { status };
        self.hub.record(&Record::RestoreRuntimeDone(done));
        let took = started.elapsed();
        let metrics = InitMetrics {
            duration_ms: clock::millis(took),
        };
        let report = RestoreReport { status, metrics };
        self.hub.record(&Record::RestoreReport(report));
        // The init was paid for when the version was published.
        self.fresh_init = None;
        self.fresh_restore = Some(took);
        Ok(())
    }

    async fn bring_up(&mut self, started: Instant, deadline: Instant) -> Result<(), Fault> {
        self.phase = Phase::ExtensionInit;
        for path in self.settings.extensions.clone() {
            self.start_extension(&path)?;
        }
        let all_registered = |state: &Self| {
            state
                .agents
                .iter()
                .all(|agent| !matches!(agent.state, AgentState::Started))
        };
        let interrupted = self.until(deadline, all_registered).await;
        interrupted.map_err(|why| self.init_fault(why, started))?;

        self.phase = Phase::RuntimeInit;
        self.start_function()?;
        let runtime_ready = |state: &Self| state.runtime.first_next.is_some();
        let outcome = self.until(deadline, runtime_ready).await;
        let outcome = outcome.map_err(|why| self.init_fault(why, started));
        self.record_runtime_done(outcome.as_ref().err());
        outcome?;

        let all_ready = |state: &Self| state.agents.iter().all(Agent::is_ready);
        let interrupted = self.until(deadline, all_ready).await;
        interrupted.map_err(|why| self.init_fault(why, started))
    }

    fn start_extension(&mut self, path: &Path) -> Result<(), Fault> {
        let name: Arc<str> = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into();
        let source = Source::Extension(Arc::clone(&name));
        let process = self.start_process(path, Path::new("/"), Audience::Extension, source)?;
        let identifier = ids::uuid().map_err(|no_randomness| Fault::Launch {
            path: path.display().to_string(),
            reason: no_randomness.to_string(),
            function: false,
        })?;
        self.agents
            .push(Agent::new(name, identifier, Some(process)));
        Ok(())
    }

    fn start_function(&mut self) -> Result<(), Fault> {
        let path = self.settings.function.clone();
        let task_root = path.parent().unwrap_or(Path::new("/"));
        let process = self.start_process(&path, task_root, Audience::Function, Source::Function)?;
        self.runtime.process = Some(process);
        Ok(())
    }

    fn start_process(
        &self,
        path: &Path,
        directory: &Path,
        audience: Audience,
        source: Source,
    ) -> Result<Process, Fault> {
        let variables = variables(&self.settings, audience, self.api);
        let generation = self.generation;
        let executable = Executable {
            path,
            directory,
            variables,
            source,
            generation,
        };
        Process::start(executable, self.exit_sender.clone(), &self.logs).map_err(|error| {
            Fault::Launch {
                path: path.display().to_string(),
                reason: error.to_string(),
                function: audience == Audience::Function,
            }
        })
    }

    fn init_fault(&self, why: Interruption, started: Instant) -> Fault {
        match why {
            Interruption::Fault(fault) => fault,
            Interruption::Deadline => Fault::InitTimeout {
                after: started.elapsed(),
                waiting_for: self.waiting_for(),
            },
        }
    }

    /// Who keeps init waiting, and with what.
    fn waiting_for(&self) -> String {
        let late = self.agents.iter().filter_map(|agent| match agent.state {
            AgentState::Started => Some(format!("{} to register", agent.name)),
            AgentState::Registered => Some(format!("{} to call next", agent.name)),
            _ => None,
        });
        let runtime = self.phase == Phase::RuntimeInit && self.runtime.first_next.is_none();
        let runtime = runtime.then(|| "the runtime to call next".to_owned());
        late.chain(runtime).collect::<Vec<_>>().join(", ")
    }

    fn init_timings(&self, started: Instant) -> InitTimings {
        let since = |process: Option<&Process>, at: Option<Instant>| {
            Some(at?.saturating_duration_since(process?.started()))
        };
        let agent = self.agents.first();
        let process = agent.and_then(|agent| agent.process.as_ref());
        InitTimings {
            extension_register: since(process, agent.and_then(|agent| agent.registered)),
            extension_next: since(process, agent.and_then(|agent| agent.first_next)),
            runtime_next: since(self.runtime.process.as_ref(), self.runtime.first_next),
            total: started.elapsed(),
        }
    }

    /// Init of a later generation is part of an invocation.
    fn init_phase(&self) -> &'static str {
        if self.generation == 1 {
            "init"
        } else {
            "invoke"
        }
    }

    fn record_init_start(&self) {
        self.hub.record(&Record::InitStart(InitStart {
            initialization_type: self.settings.initialization.name(),
            phase: self.init_phase(),
            function_name: &self.settings.function_name,
            function_version: FUNCTION_VERSION,
            instance_id: &self.api.to_string(),
            instance_max_memory: self.settings.memory_mb * super::MIB,
        }));
    }

    fn record_runtime_done(&self, fault: Option<&Fault>) {
        self.hub.record(&Record::InitRuntimeDone(InitRuntimeDone {
            initialization_type: self.settings.initialization.name(),
            phase: self.init_phase(),
            status: fault.map_or("success", |_| "error"),
            error_type: fault.map(Fault::error_type),
        }));
    }

    fn record_init_report(&self, started: Instant, fault: Option<&Fault>) {
        self.hub.record(&Record::InitReport(InitReport {
            initialization_type: self.settings.initialization.name(),
            phase: self.init_phase(),
            status: fault.map_or("success", |_| "error"),
            error_type: fault.map(Fault::error_type),
            metrics: InitMetrics {
                duration_ms: clock::millis(started.elapsed()),
            },
        }));
    }
}
