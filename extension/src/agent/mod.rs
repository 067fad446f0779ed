//! The one place where everything meets: it owns all state, waits for the next event, and does what the strategy says.
//!
//! `Event` is all that can happen. Receiving, sending and the pending `/next` go on side by side, because an emulator may never tell of an
//! invocation, and because what comes late must not wait for one.

mod environment;
mod flush;
mod invocations;
mod parting;
mod reception;
mod told;
mod wait;

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use xray_segment::datagram::Datagram;

pub use environment::{Environment, Presence};

use crate::deliver::{Delivery, Done, Logs, Posted};
use crate::intake::{Drained, Intake};
use crate::lambda::Record;
use crate::log::{Level, Log};
use crate::report::Report;
use crate::settings::Config;
use crate::strategy::{Action, Happened, Mode, Strategy};
use environment::Told;
use flush::Flush;
use invocations::Invocations;
use parting::Parting;
use reception::Reception;
use wait::{posted, readable, received, sleep_until};

/// Datagrams read before anything else gets its turn: many, because what the kernel has no room for is lost, and what waits to be sent is not.
const AT_ONCE: usize = 512;

/// Datagrams read at the end of an invocation before it is flushed all the same: a sender that never stops must not hold it.
const AT_THE_END: usize = 20_000;

/// Where nobody waits for a flush, datagrams are let to gather for so long at most: one wakeup for many costs a fraction of one for each.
const LONGEST_REST: Duration = Duration::from_millis(3);

/// All that can happen.
#[derive(Debug)]
enum Event {
    /// Datagrams wait.
    Readable,
    /// Lambda answered.
    Lambda(Told),
    /// The platform told something.
    Telemetry(Record),
    /// A call ended.
    Done(Done),
    /// A call with the function's lines ended.
    Posted(Posted),
    /// A time that was waited for has come.
    Tick,
    /// Somebody wants to know how it goes.
    Asked(Ask),
    /// The process was told to end.
    Stop,
}

/// What may be asked at any time: how it stands.
#[derive(Debug)]
pub enum Ask {
    /// To be said in the log.
    Say,
    /// To be told to who asks.
    Tell(oneshot::Sender<Report>),
}

/// The extension at work.
#[derive(Debug)]
pub struct Agent {
    log: Log,
    intake: Option<Intake>,
    environment: Environment,
    telemetry: Option<mpsc::Receiver<Record>>,
    reception: Reception,
    delivery: Delivery,
    /// Where the function's lines are wanted.
    logs: Option<Logs>,
    mode: Mode,
    strategy: Strategy,
    flush: Option<Flush>,
    warm_at: Option<Instant>,
    /// How long the socket is left alone after it was empty.
    rest: Option<Duration>,
    rested_at: Option<Instant>,
    invocations: Invocations,
    /// Whether telemetry was promised.
    is_told: bool,
    parting: Option<Parting>,
    /// Whether all that has happened until now happened before a snapshot.
    is_snapshot: bool,
    /// Whoever asks for the report.
    asks: Option<mpsc::Receiver<Ask>>,
}

impl Agent {
    /// Puts the parts together; nothing happens yet.
    pub fn new(
        config: &Config,
        log: Log,
        intake: Option<Intake>,
        environment: Environment,
    ) -> Self {
        let now = Instant::now();
        Self {
            rest: rest(config, intake.as_ref()),
            intake,
            reception: Reception::new(config, log.clone()),
            logs: Logs::new(config, &log),
            delivery: Delivery::new(config.clone(), log.clone()),
            mode: config.mode,
            strategy: Strategy::new(config.mode, config.flush_budget, now),
            telemetry: None,
            environment,
            log,
            flush: None,
            // In Lambda, when the first `/next` was asked.
            warm_at: config.runtime_api.is_none().then_some(now),
            rested_at: None,
            invocations: Invocations::default(),
            is_told: false,
            parting: None,
            is_snapshot: config.snap_start,
            asks: None,
        }
    }

    /// Answers what comes through `asks`.
    #[must_use]
    pub fn asked_through(mut self, asks: mpsc::Receiver<Ask>) -> Self {
        self.asks = Some(asks);
        self
    }

    /// Works until the environment ends or `stop` does; what was not sent by then is lost, and in the report.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Report {
        let mut stop = std::pin::pin!(stop);
        let mut stopped = false;
        self.telemetry = self.environment.telemetry();
        loop {
            let event = if stopped {
                self.next_event(std::future::pending()).await
            } else {
                self.next_event(stop.as_mut()).await
            };
            stopped |= matches!(event, Event::Stop);
            if self.handle(event) {
                return self.end();
            }
            // Whatever was started gets its turn, also when datagrams never stop coming.
            tokio::task::yield_now().await;
        }
    }

    async fn next_event(&mut self, stop: impl Future<Output = ()>) -> Event {
        let rests = self.rested_at.is_some();
        let wake = [
            self.strategy.wake(),
            self.delivery.wake(),
            self.warm_at,
            self.rested_at,
            self.parting.as_ref().map(Parting::until),
        ];
        let wake = wake.into_iter().flatten().min();
        tokio::select! {
            () = readable(self.intake.as_mut()), if !rests => Event::Readable,
            told = self.environment.told() => Event::Lambda(told),
            record = received(self.telemetry.as_mut()) => Event::Telemetry(record),
            done = self.delivery.done() => Event::Done(done),
            posted = posted(self.logs.as_mut()) => Event::Posted(posted),
            () = sleep_until(wake) => Event::Tick,
            ask = received(self.asks.as_mut()) => Event::Asked(ask),
            () = stop => Event::Stop,
        }
    }

    /// Handles an event; true when that was the last one.
    fn handle(&mut self, event: Event) -> bool {
        let now = Instant::now();
        let action = match event {
            Event::Readable => {
                if self.receive(AT_ONCE) == Drained::Empty {
                    self.rest(now);
                }
                Action::Nothing
            }
            Event::Lambda(told) => self.handle_told(told, now),
            Event::Telemetry(record) => self.handle_record(record, now),
            Event::Done(done) => {
                self.settle(done);
                Action::Nothing
            }
            Event::Posted(posted) => {
                if let Some(logs) = &mut self.logs {
                    logs.settle(posted);
                }
                Action::Nothing
            }
            Event::Tick => {
                self.warm_when_due(now);
                self.rested_at = self.rested_at.filter(|at| now < *at);
                self.delivery.tick(now);
                match self.part_when_due(now) {
                    Some(action) => action,
                    None => self.strategy.on(Happened::Tick, now),
                }
            }
            Event::Asked(ask) => {
                self.answer(ask);
                Action::Nothing
            }
            Event::Stop => self
                .strategy
                .on(Happened::Shutdown { remaining: None }, now),
        };
        self.act(action, now) || self.hear(now) || self.send(now)
    }

    /// What came since the last look: documents, and markers of ended invocations.
    fn hear(&mut self, now: Instant) -> bool {
        if std::mem::take(&mut self.reception.documents) {
            self.strategy.on(Happened::Heard, now);
        }
        self.answer_asks();
        for request_id in std::mem::take(&mut self.reception.ended) {
            let action = self.strategy.on(Happened::Ended(&request_id), now);
            if self.act(action, now) {
                return true;
            }
        }
        false
    }

    fn act(&mut self, action: Action, now: Instant) -> bool {
        match action {
            Action::Nothing => {}
            Action::Flush(_) => self.begin_flush(now),
            Action::LastFlush(until) => {
                self.receive(AT_THE_END);
                self.reception.finish_everything(now);
                self.begin_flush(now);
                self.delivery.begin_last(now, until);
            }
            Action::Next => {
                self.measure_flush(now);
                self.environment.next();
            }
            Action::FlushAndNext(_) => {
                self.begin_flush(now);
                self.environment.next();
            }
            Action::Exit => return true,
        }
        false
    }

    fn receive(&mut self, limit: usize) -> Drained {
        match &mut self.intake {
            Some(intake) => intake.drain(limit, |received| self.reception.take(&received)),
            None => Drained::Empty,
        }
    }

    fn rest(&mut self, now: Instant) {
        if let (Some(rest), Some(intake)) = (self.rest, &mut self.intake) {
            intake.rest();
            self.rested_at = Some(now + rest);
        }
    }

    fn warm_when_due(&mut self, now: Instant) {
        if self.warm_at.is_some_and(|at| at <= now) {
            self.warm_at = None;
            self.delivery.warm();
        }
    }

    fn answer(&self, ask: Ask) {
        let report = self.report();
        match ask {
            Ask::Say => self.log.say(Level::Info, "report", report.fields()),
            Ask::Tell(whom) => {
                // Who asked may have gone.
                let _ = whom.send(report);
            }
        }
    }

    /// Answers who asked over the socket.
    fn answer_asks(&mut self) {
        let asked = std::mem::take(&mut self.reception.asked);
        if asked.is_empty() {
            return;
        }
        let report = self.report().to_json();
        let answer = Datagram::Reported(&report).to_bytes();
        for to in asked {
            if let Some(intake) = &self.intake {
                intake.answer(&answer, to);
            }
        }
    }

    /// How it stands.
    fn report(&self) -> Report {
        let dropped = self.intake.as_ref().and_then(Intake::kernel_dropped);
        let mut report = self.reception.report.as_of_now(dropped);
        report.lines_dropped = self.logs.as_ref().map_or(0, Logs::dropped);
        report
    }

    fn end(self) -> Report {
        let report = self.report();
        let (level, text) = if report.has_losses() {
            (Level::Warn, "something was lost")
        } else {
            (Level::Info, "report")
        };
        self.log.say(level, text, report.fields());
        report
    }
}

/// As long as the kernel's buffer has room for what comes meanwhile: a millisecond for every two megabytes, which half a million
/// documents a second would not fill.
fn rest(config: &Config, intake: Option<&Intake>) -> Option<Duration> {
    let room = intake.map_or(0, Intake::receive_buffer) as u64 >> 21;
    let rest = Duration::from_millis(room).min(LONGEST_REST);
    (matches!(config.mode, Mode::Periodic(_)) && room > 0).then_some(rest)
}
