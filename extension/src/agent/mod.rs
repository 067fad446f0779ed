//! The one place where everything meets: it owns all state, waits for the next event, and does what the strategy says.
//!
//! `Event` is all that can happen. Receiving, sending and the pending `/next` go on side by side, because an emulator may never tell of an
//! invocation, and because what comes late must not wait for one.

mod environment;
mod reception;

use std::time::{Duration, Instant, SystemTime};

use serde_json::Map;
use tokio::sync::mpsc;

pub use environment::{Environment, Presence};

use crate::buffer::Buffer;
use crate::deliver::{Delivery, Done};
use crate::intake::{Drained, Intake};
use crate::lambda::{Reason, Record, Subscription, Turn};
use crate::log::{Level, Log};
use crate::open::{Death, Open};
use crate::report::Report;
use crate::settings::Config;
use crate::strategy::{Action, Happened, Mode, Strategy};
use environment::Told;
use reception::Reception;

/// Datagrams read before anything else gets its turn: many, because what the kernel has no room for is lost, and what waits to be sent is not.
const AT_ONCE: usize = 512;

/// Datagrams read at the end of an invocation before it is flushed all the same: a sender that never stops must not hold it.
const AT_THE_END: usize = 20_000;

/// Loading roots and connecting wait until the first `/next` has surely been written.
const WARM_AFTER: Duration = Duration::from_millis(2);

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
    /// A time that was waited for has come.
    Tick,
    /// The process was told to end.
    Stop,
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
    strategy: Strategy,
    flush: Option<Flush>,
    warm_at: Option<Instant>,
    /// How long the socket is left alone after it was empty.
    rest: Option<Duration>,
    rested_at: Option<Instant>,
    last: Option<Invocation>,
    /// One whose end was told before it was.
    early: Option<Invocation>,
}

/// The invocation that began last.
#[derive(Debug)]
struct Invocation {
    request_id: String,
    since: Instant,
    /// What the platform says of its end.
    error_type: Option<String>,
    duration: Option<Duration>,
}

/// A flush under way.
#[derive(Clone, Copy, Debug)]
struct Flush {
    since: Instant,
    /// Documents it still has to send; what comes later goes with the next one.
    left: usize,
    documents: usize,
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
            reception: Reception {
                log: log.clone(),
                buffer: Buffer::new(config.buffer_bytes),
                open: Open::default(),
                report: Report::default(),
                ended: Vec::new(),
                documents: false,
            },
            delivery: Delivery::new(config.clone(), log.clone()),
            strategy: Strategy::new(config.mode, config.flush_budget, now),
            telemetry: None,
            environment,
            log,
            flush: None,
            // In Lambda, when the first `/next` was asked.
            warm_at: config.runtime_api.is_none().then_some(now),
            rested_at: None,
            last: None,
            early: None,
        }
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
        ];
        let wake = wake.into_iter().flatten().min();
        tokio::select! {
            () = readable(self.intake.as_mut()), if !rests => Event::Readable,
            told = self.environment.told() => Event::Lambda(told),
            record = record(self.telemetry.as_mut()) => Event::Telemetry(record),
            done = self.delivery.done() => Event::Done(done),
            () = sleep_until(wake) => Event::Tick,
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
            Event::Tick => {
                self.warm_when_due(now);
                self.rested_at = self.rested_at.filter(|at| now < *at);
                self.delivery.tick(now);
                self.strategy.on(Happened::Tick, now)
            }
            Event::Stop => self
                .strategy
                .on(Happened::Shutdown { remaining: None }, now),
        };
        self.act(action, now) || self.hear(now) || self.send(now)
    }

    fn handle_told(&mut self, told: Told, now: Instant) -> Action {
        let turn = match told {
            Told::Turn(turn) => turn,
            Told::Begun(subscription) => {
                self.warm_at = Some(now + WARM_AFTER);
                if subscription == Subscription::Absent {
                    self.strategy.on(Happened::NoTelemetry, now);
                }
                return Action::Next;
            }
            Told::Failed => return Action::Next,
        };
        self.delivery.thaw();
        match turn {
            Turn::Invoke {
                request_id,
                remaining,
            } => {
                self.delivery.warm();
                let happened = Happened::Invoke {
                    request_id: &request_id,
                    remaining,
                };
                let action = self.strategy.on(happened, now);
                let early = self.early.take();
                self.last = early
                    .filter(|early| early.request_id == request_id)
                    .or(Some(Invocation {
                        request_id,
                        since: now,
                        error_type: None,
                        duration: None,
                    }));
                action
            }
            Turn::Shutdown { reason, remaining } => {
                self.receive(AT_THE_END);
                self.close_open(reason, now);
                self.strategy.on(Happened::Shutdown { remaining }, now)
            }
            Turn::Unknown => Action::Next,
        }
    }

    /// Closes what a dead function left open. Only Lambda's own word counts as a death: telemetry could be anyone's.
    fn close_open(&mut self, reason: Reason, now: Instant) {
        let last = self.last.take();
        let death = match reason {
            Reason::Spindown => return,
            Reason::Timeout => Death::Timeout {
                after: last.map(|last| last.duration.unwrap_or(now - last.since)),
            },
            Reason::Failure => Death::Exit {
                error_type: last.and_then(|last| last.error_type),
            },
        };
        self.reception.close_open(&death, SystemTime::now().into());
    }

    fn handle_record(&mut self, record: Record, now: Instant) -> Action {
        self.strategy.on(Happened::Telemetry, now);
        let Record::RuntimeDone {
            request_id,
            error_type,
            duration,
        } = record
        else {
            return Action::Nothing;
        };
        let action = self.strategy.on(Happened::Ended(&request_id), now);
        match &mut self.last {
            Some(last) if last.request_id == request_id => {
                (last.error_type, last.duration) = (error_type, duration);
            }
            _ => {
                self.early = Some(Invocation {
                    request_id,
                    since: now,
                    error_type,
                    duration,
                });
            }
        }
        action
    }

    /// What came since the last look: documents, and markers of ended invocations.
    fn hear(&mut self, now: Instant) -> bool {
        if std::mem::take(&mut self.reception.documents) {
            self.strategy.on(Happened::Heard, now);
        }
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

    fn begin_flush(&mut self, now: Instant) {
        self.receive(AT_THE_END);
        self.delivery.begin();
        let documents = self.reception.buffer.len();
        self.flush = Some(Flush {
            since: now,
            left: documents,
            documents,
        });
    }

    fn receive(&mut self, limit: usize) -> Drained {
        match &mut self.intake {
            Some(intake) => intake.drain(limit, |received| self.reception.take(&received)),
            None => Drained::Empty,
        }
    }

    fn settle(&mut self, done: Done) {
        let Reception { buffer, report, .. } = &mut self.reception;
        let before = buffer.len();
        self.delivery.settle(done, buffer, report);
        if let Some(flush) = &mut self.flush {
            flush.left += buffer.len() - before;
        }
    }

    /// Sends what is due: all of a flush, and full calls at any time. True when the end of a flush ends everything.
    fn send(&mut self, now: Instant) -> bool {
        let Reception { buffer, report, .. } = &mut self.reception;
        let due = self.flush.map_or(0, |flush| flush.left);
        let left = self.delivery.start(buffer, report, due);
        let Some(flush) = &mut self.flush else {
            return false;
        };
        flush.left = left;
        let everything = flush.left == 0 && self.delivery.is_idle();
        let nothing_helps = self.delivery.is_hopeless() && self.delivery.is_idle();
        if !everything && !nothing_helps {
            return false;
        }
        self.end_flush(now);
        let action = self.strategy.on(Happened::Flushed { everything }, now);
        self.act(action, now)
    }

    /// How long the flush has taken so far; one whose time is used up goes on beside the next invocation.
    fn measure_flush(&mut self, now: Instant) {
        if let Some(flush) = &self.flush {
            let slowest = &mut self.reception.report.slowest_flush;
            *slowest = (*slowest).max(now - flush.since);
        }
    }

    fn end_flush(&mut self, now: Instant) {
        self.measure_flush(now);
        let Some(flush) = self.flush.take().filter(|flush| flush.documents > 0) else {
            return;
        };
        let took = now - flush.since;
        let mut fields = Map::new();
        fields.insert("took_ms".to_owned(), (took.as_secs_f64() * 1e3).into());
        fields.insert("documents".to_owned(), flush.documents.into());
        fields.insert("kept".to_owned(), self.reception.buffer.len().into());
        self.log.say(Level::Debug, "flushed", fields);
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

    fn end(self) -> Report {
        let mut report = self.reception.report;
        report.unsent = (report.received + report.closed)
            .saturating_sub(report.sent + report.rejected + report.evicted);
        if report.has_losses() {
            self.log
                .say(Level::Warn, "something was lost", report.fields());
        }
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

async fn readable(intake: Option<&mut Intake>) {
    let readable = match intake {
        Some(intake) => intake.readable().await.is_ok(),
        None => false,
    };
    if !readable {
        // There is no socket; an error is that of the event loop going away.
        std::future::pending::<()>().await;
    }
}

async fn record(telemetry: Option<&mut mpsc::Receiver<Record>>) -> Record {
    let record = match telemetry {
        Some(telemetry) => telemetry.recv().await,
        None => None,
    };
    match record {
        Some(record) => record,
        None => std::future::pending().await,
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
