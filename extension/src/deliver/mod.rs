//! From the buffer to X-Ray: calls in flight, what became of them, and when to try again.

mod body;
mod connector;
mod logs;
mod passage;
pub mod retry;
mod xray;

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

pub use logs::{Logs, Posted};
pub use passage::{Passage, PassageError};
pub use xray::{Unprocessed, XRay};

use crate::buffer::{Batch, Buffer, Stored};
use crate::log::{Level, Log};
use crate::report::Report;
use crate::settings::Config;
use retry::{Backoff, Failure, Verdict};

/// A call that came to its end.
#[derive(Debug)]
pub struct Done {
    batch: Batch,
    result: Result<Vec<Unprocessed>, Failure>,
}

/// When calls are given up, and which.
#[derive(Clone, Copy, Debug)]
struct GiveUp {
    at: Instant,
    begun_by: Instant,
}

/// Sends batches, several at once.
#[derive(Debug)]
pub struct Delivery {
    config: Config,
    log: Log,
    xray: Option<XRay>,
    calls: JoinSet<Done>,
    backoff: Backoff,
    /// Nothing will be better before the next flush: a permission is missing, say.
    hopeless: bool,
    /// Calls that began by then are given up.
    given_up: watch::Sender<Option<Instant>>,
    give_up_at: Option<GiveUp>,
    /// The end of the last flush.
    until: Option<Instant>,
}

impl Delivery {
    /// Nothing is connected, nor even loaded, before [`Delivery::warm`] or the first call.
    pub fn new(config: Config, log: Log) -> Self {
        Self {
            config,
            log,
            xray: None,
            calls: JoinSet::new(),
            backoff: Backoff::default(),
            hopeless: false,
            given_up: watch::Sender::new(None),
            give_up_at: None,
            until: None,
        }
    }

    /// Makes the client, and connects in the background, so that the next flush need not.
    pub fn warm(&mut self) {
        let warm = self.xray().warm();
        // Ends by its own timeout. What is wrong is said when a call fails for it.
        tokio::spawn(warm);
    }

    /// The environment may have been frozen until now: connections may be dead.
    pub fn thaw(&self) {
        if let Some(xray) = &self.xray {
            xray.thaw();
        }
    }

    /// The environment was restored from a snapshot: connections are dead, credentials another environment's.
    pub fn restored(&mut self) {
        if self.xray.take().is_some() {
            self.given_up.send_replace(Some(Instant::now()));
            self.backoff.succeeded();
        }
    }

    fn xray(&mut self) -> &XRay {
        self.xray
            .get_or_insert_with(|| XRay::new(&self.config, &self.log))
    }

    /// Whether nothing is in flight.
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty()
    }

    /// Whether nothing can be sent until a new flush begins.
    pub fn is_hopeless(&self) -> bool {
        self.hopeless
    }

    /// A new flush: what was hopeless may have changed. Where invocations are apart, its first attempt waits for no pause that an
    /// earlier one has left.
    pub fn begin(&mut self) {
        self.hopeless = false;
        if self.config.freezes() {
            self.backoff.try_now();
        }
    }

    /// When to come back although no call ended, because a pause between attempts is over.
    pub fn wake(&self) -> Option<Instant> {
        let again = self.backoff.until().filter(|_| !self.hopeless);
        [again, self.give_up_at.map(|next| next.at)]
            .into_iter()
            .flatten()
            .min()
    }

    /// The last flush: no pause is kept, and a call that may hang does not get all of the time there is. Calls in flight since earlier count
    /// as failed when a quarter of it is over, those of this flush after half of what is left then, so that their documents go again in the rest.
    pub fn begin_last(&mut self, now: Instant, until: Instant) {
        self.backoff.try_now();
        self.until = Some(until);
        let share = if self.calls.is_empty() { 2 } else { 4 };
        self.give_up_after(now, share);
    }

    /// Calls that began only lately are left alone: X-Ray is slow then, or busy with what came before them.
    fn give_up_after(&mut self, now: Instant, share: u32) {
        let left = self.until.map(|until| until.saturating_duration_since(now));
        let left = left.filter(|left| *left > SHORTEST_TRY);
        self.give_up_at = left.map(|left| GiveUp {
            at: now + left / share,
            begun_by: now + left / share / 2,
        });
    }

    /// The time of [`Delivery::wake`] may have come.
    pub fn tick(&mut self, now: Instant) {
        if let Some(due) = self.give_up_at.take_if(|next| next.at <= now) {
            self.given_up.send_replace(Some(due.begun_by));
            self.give_up_after(now, 2);
        }
        self.backoff.tick(now);
    }

    /// Starts as many calls as may be in flight: for the next `due` documents that wait, and for whatever fills a call.
    /// What of `due` could not be started yet is returned.
    pub fn start(&mut self, buffer: &mut Buffer, report: &mut Report, mut due: usize) -> usize {
        while self.can_send()
            && (due > 0 || buffer.has_full_batch())
            && let Some(batch) = buffer.take()
        {
            due = due.saturating_sub(batch.documents.len());
            self.call(batch, report);
        }
        // Fewer wait than were due when some were dropped for want of room.
        due.min(buffer.len())
    }

    fn call(&mut self, batch: Batch, report: &mut Report) {
        report.calls += 1;
        let call = self.xray().put(&batch);
        let begun = Instant::now();
        let mut given_up = self.given_up.subscribe();
        self.calls.spawn(async move {
            let result = tokio::select! {
                result = call => result,
                _ = given_up.wait_for(|by| by.is_some_and(|by| begun <= by)) => Err(Failure::GivenUp),
            };
            Done { batch, result }
        });
    }

    fn can_send(&self) -> bool {
        let most = if self.backoff.is_probing() {
            1
        } else {
            self.config.calls
        };
        !self.hopeless
            && self.calls.len() < most
            && self
                .backoff
                .until()
                .is_none_or(|until| until <= Instant::now())
    }

    /// Waits for a call to end; forever, when none is in flight.
    pub async fn done(&mut self) -> Done {
        loop {
            match self.calls.join_next().await {
                Some(Ok(done)) => return done,
                // A call that panicked; none does, and its documents would be gone with it.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Accounts for a call that ended: what is to be sent again goes back into the buffer.
    pub fn settle(&mut self, done: Done, buffer: &mut Buffer, report: &mut Report) {
        let Done { batch, result } = done;
        let again = match result {
            Ok(unprocessed) => self.settle_answer(&batch, &unprocessed, report),
            Err(failure) => match self.settle_failure(&batch, &failure, report) {
                Verdict::Later | Verdict::NextFlush => batch.documents.clone(),
                Verdict::Apart => return self.part(&batch, report),
                Verdict::Drop => Vec::new(),
            },
        };
        report.retried += again.len() as u64;
        buffer.settle(&batch, again);
    }

    fn settle_answer(
        &mut self,
        batch: &Batch,
        unprocessed: &[Unprocessed],
        report: &mut Report,
    ) -> Vec<Stored> {
        let mut again = Vec::new();
        let mut rejected = 0;
        for problem in unprocessed {
            let document = batch
                .documents
                .iter()
                .find(|document| problem.is_of(document));
            match document {
                Some(document) if problem.is_retryable() => again.push(document.clone()),
                document => {
                    rejected += 1;
                    self.say_rejected(problem, document);
                }
            }
        }
        if again.is_empty() {
            self.backoff.succeeded();
        } else {
            self.backoff.failed(Instant::now(), fastrand::f64());
        }
        report.rejected += rejected;
        report.sent += (batch.documents.len() - again.len()) as u64
            - rejected.min(batch.documents.len() as u64);
        report.bytes += batch
            .documents
            .iter()
            .map(|document| document.text.len() as u64)
            .sum::<u64>();
        again
    }

    fn say_rejected(&self, problem: &Unprocessed, document: Option<&Stored>) {
        let id = problem.id.as_deref().unwrap_or("unknown");
        let trace = document.and_then(|document| document.trace_id);
        let trace = trace.map_or_else(|| "unknown".to_owned(), |trace| trace.to_string());
        self.log.once(
            &format!("rejected {}", problem.code),
            Level::Warn,
            &format!(
                "X-Ray does not take the document with id {id} of trace {trace} ({}: {}); it is dropped, further ones of this kind are only counted",
                problem.code, problem.message
            ),
        );
    }

    fn settle_failure(&mut self, batch: &Batch, failure: &Failure, report: &mut Report) -> Verdict {
        report.failed_calls += 1;
        *report.failures.entry(failure.kind()).or_default() += 1;
        self.log
            .once(failure.kind(), Level::Error, &failure.to_string());
        let verdict = failure.verdict(batch.documents.len());
        match verdict {
            Verdict::Later => self.backoff.failed(Instant::now(), fastrand::f64()),
            Verdict::NextFlush => self.hopeless = true,
            Verdict::Drop => report.rejected += batch.documents.len() as u64,
            Verdict::Apart => {}
        }
        verdict
    }

    /// X-Ray refuses the call as a whole: some document in it must be the reason, so halves go by themselves.
    fn part(&mut self, batch: &Batch, report: &mut Report) {
        let (left, right) = batch.documents.split_at(batch.documents.len() / 2);
        for half in [left, right] {
            let documents = half.to_vec();
            self.call(Batch { documents }, report);
        }
    }
}

/// What a try is given at least: with less left there is no time for another.
const SHORTEST_TRY: Duration = Duration::from_millis(400);

/// Longest a call may take; the flush budget, not this, is what holds an invocation.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
