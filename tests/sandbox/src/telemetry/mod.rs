//! The Telemetry API: subscriptions, the records of the platform, and their delivery to the subscribers.
//!
//! Records that came before a subscription are kept for it until init is over, as Lambda does; each subscription has
//! a task that buffers and posts. Nothing is posted while the environment is frozen: what was recorded at the end of
//! one invocation arrives in the next.

mod delivery;
mod records;
mod subscription;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock;
use crate::process::{LogLine, Source};

pub(crate) use records::{
    ExtensionState, InitMetrics, InitReport, InitRuntimeDone, InitStart, Record, Report,
    ReportMetrics, RestoreReport, RestoreRuntimeDone, RestoreStart, RuntimeDone,
    RuntimeDoneMetrics, Span, Start, TelemetrySubscription, TracingRecord,
};
pub(crate) use subscription::{Category, Subscription};

/// Records kept for subscriptions to come, and waiting in each one.
const MAX_WAITING: usize = 10_000;

/// A record as it is delivered.
#[derive(Debug, Clone)]
struct Line {
    category: Category,
    json: String,
}

/// A subscription and what waits to be delivered to it.
#[derive(Debug)]
struct Subscriber {
    subscription: Subscription,
    queue: mpsc::Sender<Line>,
    missed: Arc<AtomicUsize>,
}

impl Subscriber {
    /// Queues a record it asked for. One that finds the queue full is missed, and told as such with the next batch.
    fn offer(&self, line: &Line) {
        if self.subscription.types.contains(&line.category)
            && self.queue.try_send(line.clone()).is_err()
        {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Records that came before their subscribers.
#[derive(Debug, Default)]
struct Backlog {
    lines: Vec<Line>,
    /// Records there was no room for.
    missed: usize,
}

impl Backlog {
    fn keep(&mut self, line: Line) {
        if self.lines.len() < MAX_WAITING {
            self.lines.push(line);
        } else {
            self.missed += 1;
        }
    }
}

#[derive(Debug, Default)]
struct Subscribers {
    /// `None` once no more subscriptions are taken.
    backlog: Option<Backlog>,
    all: Vec<Subscriber>,
    deliveries: JoinSet<()>,
}

/// Where records come in and subscribers are known.
#[derive(Debug)]
pub(crate) struct Hub {
    subscribers: Mutex<Subscribers>,
    /// Whether the environment may receive: false while it is frozen.
    awake: watch::Sender<bool>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            subscribers: Mutex::default(),
            awake: watch::Sender::new(true),
        }
    }

    /// A new generation begins: its subscriptions are taken from now on, those of the last one are gone.
    pub(crate) fn open(&self) {
        let open = Subscribers {
            backlog: Some(Backlog::default()),
            ..Subscribers::default()
        };
        self.with(|subscribers| *subscribers = open);
    }

    /// Init is over: no more subscriptions.
    pub(crate) fn close(&self) {
        self.with(|subscribers| subscribers.backlog = None);
    }

    /// Whether subscriptions are taken.
    pub(crate) fn is_open(&self) -> bool {
        self.with(|subscribers| subscribers.backlog.is_some())
    }

    /// Delivers to this subscription, beginning with what was recorded before it.
    pub(crate) fn subscribe(&self, subscription: Subscription) {
        let (queue, records) = mpsc::channel(MAX_WAITING);
        let awake = self.awake.subscribe();
        self.with(|subscribers| {
            let backlog = subscribers.backlog.as_ref();
            let missed = Arc::new(AtomicUsize::new(
                backlog.map_or(0, |backlog| backlog.missed),
            ));
            let delivery =
                delivery::deliver(subscription.clone(), records, Arc::clone(&missed), awake);
            let subscriber = Subscriber {
                subscription,
                queue,
                missed,
            };
            for line in backlog.iter().flat_map(|backlog| &backlog.lines) {
                subscriber.offer(line);
            }
            subscribers.deliveries.spawn(delivery);
            subscribers.all.push(subscriber);
        });
    }

    /// The environment was frozen or thawed.
    pub(crate) fn set_awake(&self, awake: bool) {
        self.awake.send_replace(awake);
    }

    /// Records something the platform saw.
    pub(crate) fn record(&self, record: &Record<'_>) {
        self.offer(Category::Platform, records::line(SystemTime::now(), record));
    }

    /// Records what a process printed.
    pub(crate) fn log(&self, line: &LogLine) {
        let (category, record) = match line.source {
            Source::Function => (Category::Function, Record::Function(&line.text)),
            Source::Extension(_) => (Category::Extension, Record::Extension(&line.text)),
        };
        self.offer(category, records::line(line.at, &record));
    }

    fn offer(&self, category: Category, json: String) {
        let line = Line { category, json };
        self.with(|subscribers| {
            for subscriber in &subscribers.all {
                subscriber.offer(&line);
            }
            if let Some(backlog) = subscribers.backlog.as_mut() {
                backlog.keep(line);
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Subscribers) -> T) -> T {
        work(
            &mut self
                .subscribers
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

/// When the record that carries it was written.
pub(crate) fn timestamp(at: std::time::Instant) -> String {
    clock::rfc3339(clock::wall(at))
}
