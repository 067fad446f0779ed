//! Lambda Managed Instances: several invocations at once, no INVOKE for extensions, no freeze.
//!
//! An invocation waits until the runtime calls next once more, and is over with its response. One that times out is
//! given up alone; a fault of a process takes all of them along.

use std::time::Instant;

use tokio::sync::oneshot;

use super::flight::{Flight, Landing};
use super::{Environment, NEVER, Phase};
use crate::event::Event;
use crate::invocation::{Invocation, Reset};
use crate::sandbox::SandboxError;
use crate::telemetry::{Record, ReportMetrics};

type Reply = oneshot::Sender<Result<Invocation, SandboxError>>;

impl Environment {
    /// Queues an invocation, in a new generation where there is none.
    pub(super) async fn begin_managed(&mut self, event: Event, reply: Reply) {
        let mut flight = match Flight::new(event, Instant::now() + self.settings.timeout) {
            Ok(flight) => flight,
            Err(no_randomness) => {
                let _ = reply.send(Err(no_randomness.into()));
                return;
            }
        };
        flight.reply = Some(reply);
        self.flights.push(flight);
        if self.phase != Phase::Up
            && let Err(fault) = self.init(Instant::now() + self.settings.init_limit).await
        {
            self.fault = Some(fault);
        }
    }

    /// The earliest deadline of an invocation under way.
    pub(super) fn next_deadline(&self) -> Instant {
        let never = Instant::now() + NEVER;
        self.flights
            .iter()
            .map(|flight| flight.deadline)
            .min()
            .unwrap_or(never)
    }

    /// Hands out what waits, and ends what is over.
    pub(super) async fn settle_managed(&mut self) {
        if !self.settings.is_managed() {
            return;
        }
        if let Some(fault) = self.fault.take() {
            let reset = self.reset(fault, None).await;
            for flight in std::mem::take(&mut self.flights) {
                self.land_managed(flight, Some(reset.clone()));
            }
        }
        self.hand_out_managed();
        let now = Instant::now();
        let over = |flight: &mut Flight| flight.responded.is_some() || now >= flight.deadline;
        for flight in self.flights.extract_if(.., over).collect::<Vec<_>>() {
            self.record_end(&flight);
            self.land_managed(flight, None);
        }
    }

    fn hand_out_managed(&mut self) {
        let arn = self.settings.function_arn();
        for flight in self.flights.iter_mut().filter(|flight| !flight.handed_out) {
            let Some(waiter) = self.runtime.take_waiter() else {
                return;
            };
            self.hub.record(&Record::Start(flight.start_record()));
            flight.started = Instant::now();
            flight.handed_out = waiter.send(flight.runtime_event(&arn)).is_ok();
        }
    }

    fn record_end(&self, flight: &Flight) {
        let now = Instant::now();
        let (status, error_type) = match flight.responded {
            Some(_) => flight.status(),
            None => ("timeout", None),
        };
        self.hub.record(&Record::RuntimeDone(
            flight.runtime_done_record(now, status, error_type),
        ));
        let metrics = ReportMetrics {
            memory_size_mb: self.settings.memory_mb,
            max_memory_used_mb: self.peak_mb,
            ..ReportMetrics::default()
        };
        let report = flight.report_record(now, metrics, None);
        self.hub.record(&Record::Report(report));
    }

    fn land_managed(&mut self, mut flight: Flight, reset: Option<Reset>) {
        let landing = Landing {
            reset,
            init: self.fresh_init.take(),
            max_memory_mb: self.measure_peak(),
            ..Landing::now(self.generation, self.settings.timeout)
        };
        if let Some(reply) = flight.reply.take() {
            let _ = reply.send(Ok(flight.land(landing)));
        }
    }
}
