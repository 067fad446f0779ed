//! The Telemetry API: subscriptions, the records of the platform, and their delivery to the subscribers.
//!
//! Records that came before a subscription are kept for it until init is over, as Lambda does; each subscription has
//! a task that buffers and posts. Nothing is posted while the environment is frozen: what was recorded at the end of
//! one invocation arrives in the next.

mod delivery;
mod records;
mod subscription;

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock;
use crate::process::{LogLine, Source};

pub(crate) use records::{
    ExtensionState, InitMetrics, InitReport, InitRuntimeDone, InitStart, Record, Report,
    ReportMetrics, RuntimeDone, RuntimeDoneMetrics, Span, Start, TelemetrySubscription,
    TracingRecord,
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

#[derive(Debug, Default)]
struct Subscribers {
    /// `None` once no more subscriptions are taken.
    backlog: Option<Vec<Line>>,
    queues: Vec<(Subscription, mpsc::Sender<Line>)>,
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
            backlog: Some(Vec::new()),
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
            for line in subscribers.backlog.iter().flatten() {
                offer(&subscription, &queue, line);
            }
            let delivery = delivery::deliver(subscription.clone(), records, awake);
            subscribers.deliveries.spawn(delivery);
            subscribers.queues.push((subscription, queue));
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
            for (subscription, queue) in &subscribers.queues {
                offer(subscription, queue, &line);
            }
            if let Some(backlog) = subscribers
                .backlog
                .as_mut()
                .filter(|kept| kept.len() < MAX_WAITING)
            {
                backlog.push(line);
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

/// A subscriber that does not take its records misses those that find its queue full, as in Lambda.
fn offer(subscription: &Subscription, queue: &mpsc::Sender<Line>, line: &Line) {
    if subscription.types.contains(&line.category) {
        let _ = queue.try_send(line.clone());
    }
}

/// When the record that carries it was written.
pub(crate) fn timestamp(at: std::time::Instant) -> String {
    clock::rfc3339(clock::wall(at))
}
