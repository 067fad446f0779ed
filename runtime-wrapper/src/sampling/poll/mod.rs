//! The thread that talks to the daemon: asks for the rules, reports, and takes over the answers.
//!
//! A thread and not a task: a recorder works without an executor, and in any. It waits for its next step or for its owner's end, whichever comes first.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;
use xray_segment::sampling::Rule;

use super::Deciding;
use super::wire::{Report, Rules, Targets};
use crate::neighbour::{Neighbour, Question};
use crate::recording::fill;

/// A daemon that passes the question on to X-Ray takes a while.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pages of rules; an account has at most a few hundred.
const MOST_PAGES: usize = 100;

/// Rules that one report may be of (API model); an account has one more.
const MOST_REPORTS: usize = 25;

/// It formats and reads a page of rules at a time.
const STACK_BYTES: usize = 256 * 1024;

/// When what is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// Between two questions for the rules.
    pub(super) rules: Duration,
    /// Between two looks at what has to be reported, and before the rules are asked for again where that failed.
    pub(super) targets: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            rules: Duration::from_mins(5),
            targets: Duration::from_secs(10),
        }
    }
}

/// The running thread. It ends soon after this is dropped: a question that is on its way is not waited for.
#[derive(Debug)]
pub(super) struct Poller {
    /// The thread's end is that of this.
    _alive: Sender<()>,
}

impl Poller {
    /// `None` where the system gives no thread.
    pub(super) fn start(
        daemon: SocketAddr,
        deciding: Arc<Mutex<Deciding>>,
        schedule: Schedule,
    ) -> Option<Self> {
        let (alive, ended) = channel();
        let asking = Asking {
            daemon: Neighbour::at(&format!("http://{daemon}"), PATIENCE)?,
            deciding,
        };
        let thread = thread::Builder::new().name("xray-sampling".to_owned());
        let thread = thread.stack_size(STACK_BYTES);
        thread.spawn(move || asking.run(schedule, &ended)).ok()?;
        Some(Self { _alive: alive })
    }
}

struct Asking {
    daemon: Neighbour,
    deciding: Arc<Mutex<Deciding>>,
}

impl Asking {
    fn run(&self, schedule: Schedule, ended: &Receiver<()>) {
        let mut random = [0; 12];
        fill(&mut random);
        self.change(|deciding| deciding.rules.name_client(random));
        // Processes that start together do not ask together.
        let [first, ..] = random;
        let jitter = schedule.rules.mul_f64(f64::from(first) / 25_600.0);
        let mut rules_at = Instant::now();
        loop {
            if Instant::now() >= rules_at {
                let wait = match self.refresh() {
                    Ok(()) => schedule.rules + jitter,
                    Err(_) => schedule.targets,
                };
                rules_at = Instant::now() + wait;
            } else if self.report().unwrap_or_default() {
                rules_at = Instant::now();
                continue;
            }
            if ended.recv_timeout(schedule.targets) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    /// Asks for all rules.
    fn refresh(&self) -> io::Result<()> {
        let now = SystemTime::now().into();
        let mut rules: Vec<Rule> = Vec::new();
        let mut token = None;
        for _ in 0..MOST_PAGES {
            let question = match &token {
                Some(token) => json!({ "NextToken": token }),
                None => json!({}),
            };
            let mut page: Rules = self.ask("/GetSamplingRules", &question.to_string())?;
            token = page.next_token.take();
            let records = page.sampling_rule_records.into_iter();
            rules.extend(records.map(|it| it.sampling_rule));
            if token.is_none() {
                self.change(|deciding| deciding.rules.take_rules(now, rules));
                return Ok(());
            }
        }
        Err(ErrorKind::InvalidData.into())
    }

    /// Reports what is due; whether the rules have changed.
    fn report(&self) -> io::Result<bool> {
        let now = SystemTime::now().into();
        let due = self.change(|deciding| deciding.rules.report(now));
        let mut is_changed = false;
        for documents in due.chunks(MOST_REPORTS) {
            let report = serde_json::to_string(&Report::of(documents))?;
            let targets: Targets = self.ask("/SamplingTargets", &report)?;
            is_changed |= self.change(|deciding| deciding.rules.take_targets(targets));
        }
        Ok(is_changed)
    }

    fn ask<T: serde::de::DeserializeOwned>(&self, path: &str, body: &str) -> io::Result<T> {
        let answer = self.daemon.ask(Question {
            method: "POST",
            path,
            header: Some(("Content-Type", "application/json")),
            body,
        })?;
        Ok(serde_json::from_str(&answer)?)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Deciding) -> T) -> T {
        let mut deciding = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut deciding)
    }
}

#[cfg(test)]
mod tests;
