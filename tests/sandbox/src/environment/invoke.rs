//! An invocation on demand: from thaw to freeze, or to reset.

use std::time::Instant;

use super::agent::{Agent, AgentState};
use super::flight::{Flight, Landing};
use super::{Environment, Interruption, Phase};
use crate::api::EventKind;
use crate::clock;
use crate::event::Event;
use crate::fault::{ExitOutcome, Fault, ShutdownReason};
use crate::invocation::{InitTimings, Invocation, Reset};
use crate::process::Process;
use crate::sandbox::SandboxError;
use crate::telemetry::{Record, ReportMetrics};

impl Environment {
    pub(super) async fn invoke(&mut self, event: Event) -> Result<Invocation, SandboxError> {
        let deadline = Instant::now() + self.settings.timeout;
        self.flights = vec![Flight::new(event, deadline)?];
        let outcome = match self.ensure_up(deadline).await {
            Ok(()) => self.carry_out(deadline).await,
            Err(fault) => Err(fault),
        };
        let mut landing = Landing {
            extension_next: self.last_extension_next(),
            max_memory_mb: self.measure_peak(),
            init: self.fresh_init.take(),
            ..Landing::now(self.generation, self.settings.timeout)
        };
        match outcome {
            Ok(()) => {
                self.record_report(landing.init, None);
                landing.frozen = self.rest().await;
            }
            Err(fault) => landing.reset = Some(self.reset(fault, landing.init).await),
        }
        self.flights
            .pop()
            .map(|flight| flight.land(landing))
            .ok_or(SandboxError::Gone)
    }

    /// Starts a new generation where there is none, also in place of one that broke while it rested.
    async fn ensure_up(&mut self, deadline: Instant) -> Result<(), Fault> {
        if self.fault.take().is_some() || self.processes().any(Process::has_ended) {
            self.shut_down(ShutdownReason::Failure).await;
        }
        match self.phase {
            Phase::Up => Ok(()),
            _ => {
                self.init(deadline.min(Instant::now() + self.settings.init_limit))
                    .await
            }
        }
    }

    async fn carry_out(&mut self, deadline: Instant) -> Result<(), Fault> {
        let fault = |why, after| match why {
            Interruption::Fault(fault) => fault,
            Interruption::Deadline => Fault::Timeout { after },
        };
        let after = self.settings.timeout;
        let restored = self.restore(deadline).await;
        restored.map_err(|why| fault(why, after))?;
        self.thaw();
        self.hand_out();
        let quiet = self.until(deadline, Self::is_quiet).await;
        quiet.map_err(|why| fault(why, after))
    }

    /// Gives the event to the extensions that want it, and to the runtime.
    fn hand_out(&mut self) {
        let Some(flight) = self.flights.first_mut() else {
            return;
        };
        self.hub.record(&Record::Start(flight.start_record()));
        flight.started = Instant::now();
        let arn = self.settings.function_arn();
        for agent in self
            .agents
            .iter_mut()
            .filter(|agent| agent.wants(EventKind::Invoke))
        {
            agent.give(flight.agent_event(&arn), AgentState::Running);
        }
        if let Some(waiter) = self.runtime.take_waiter() {
            let _ = waiter.send(flight.runtime_event(&arn));
        }
        flight.handed_out = true;
    }

    /// The invocation is over: the runtime and every extension that got it called next.
    fn is_quiet(&self) -> bool {
        let runtime_done = self
            .flights
            .iter()
            .all(|flight| flight.runtime_next.is_some());
        let mut awaited = self
            .agents
            .iter()
            .filter(|agent| agent.wants(EventKind::Invoke));
        runtime_done && awaited.all(Agent::is_ready)
    }

    /// Freezes, if this sandbox does.
    async fn rest(&mut self) -> Option<Instant> {
        if self.settings.freezes {
            self.freeze().await
        } else {
            None
        }
    }

    /// The environment is lost: the end of the invocation is told, then all processes have to go.
    pub(super) async fn reset(&mut self, fault: Fault, init: Option<InitTimings>) -> Reset {
        let now = Instant::now();
        for flight in self
            .flights
            .iter()
            .filter(|flight| !flight.runtime_done_recorded)
        {
            let error_type = (fault.status() != "timeout").then(|| fault.error_type());
            let record = flight.runtime_done_record(now, fault.status(), error_type);
            self.hub.record(&Record::RuntimeDone(record));
        }
        self.record_fault(&fault);
        self.measure_peak();
        self.record_report(init, Some(&fault));
        let shutdown = self.shut_down(fault.shutdown_reason()).await;
        Reset { fault, shutdown }
    }

    /// What ended the runtime, where it was not its time.
    fn record_fault(&self, fault: &Fault) {
        let reason = match fault {
            Fault::RuntimeExited(ExitOutcome::Exited(0)) => {
                " without providing a reason".to_owned()
            }
            Fault::RuntimeExited(outcome) => format!(" with error: {outcome}"),
            Fault::OutOfMemory { .. } => format!(" with error: {}", ExitOutcome::Killed),
            _ => return,
        };
        let error_type = fault.error_type();
        for flight in &self.flights {
            let request_id = &flight.request_id;
            let line =
                format!("RequestId: {request_id} Error: Runtime exited{reason}\n{error_type}\n");
            self.hub.record(&Record::Fault(&line));
        }
    }

    fn record_report(&mut self, init: Option<InitTimings>, fault: Option<&Fault>) {
        let metrics = ReportMetrics {
            memory_size_mb: self.settings.memory_mb,
            max_memory_used_mb: self.peak_mb,
            init_duration_ms: init.map(|init| clock::millis(init.total)),
            restore_duration_ms: self.fresh_restore.take().map(clock::millis),
            ..ReportMetrics::default()
        };
        for flight in &self.flights {
            let report = flight.report_record(Instant::now(), metrics, fault);
            self.hub.record(&Record::Report(report));
        }
    }

    /// When the last extension was done with the invocation, if one had to do with it and all are.
    fn last_extension_next(&self) -> Option<Instant> {
        let started = self.flights.first()?.started;
        let awaited = self
            .agents
            .iter()
            .filter(|agent| agent.wants(EventKind::Invoke));
        let done = awaited.map(|agent| agent.last_next.filter(|next| *next >= started));
        done.collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}
