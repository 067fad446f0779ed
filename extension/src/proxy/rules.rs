//! Answers about sampling rules, shared for a moment: processes that start together ask together, and X-Ray allows few calls a second.
//!
//! Never so that a client is worse off than without: an answer is kept for a fraction of the five minutes between two questions of an SDK, and is
//! forgotten when `SamplingTargets` says that the rules have changed, because that is when clients ask anew (`docs/decisions/0005`).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use serde::Deserialize;
use tokio::sync::Mutex as Turns;

/// How long an answer is shared.
const SHARED: Duration = Duration::from_secs(10);

/// Different questions (there are pages of rules) whose answers are kept.
const MOST: usize = 8;

/// What was answered of late.
#[derive(Debug, Default)]
pub(super) struct Rules {
    kept: Mutex<Kept>,
    /// One question at a time: who asks the same meanwhile gets its answer.
    turns: Turns<()>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: Vec<Answered>,
    /// When the rules were last changed, as X-Ray told it.
    changed: Option<f64>,
    /// Counts the changes, so that an answer under way when one is told is not kept.
    changes: u64,
}

#[derive(Debug)]
struct Answered {
    question: Bytes,
    answer: Response<Bytes>,
    at: Instant,
}

#[derive(Deserialize)]
struct Targets {
    #[serde(rename = "LastRuleModification")]
    changed: Option<f64>,
}

impl Rules {
    /// The answer to a question, asked by `ask` if nobody did just now.
    pub(super) async fn answer<E>(
        &self,
        question: Bytes,
        ask: impl AsyncFnOnce(Bytes) -> Result<Response<Bytes>, E>,
    ) -> Result<Response<Bytes>, E> {
        if let Some(answer) = self.kept(&question) {
            return Ok(answer);
        }
        let _turn = self.turns.lock().await;
        if let Some(answer) = self.kept(&question) {
            return Ok(answer);
        }
        let before = self.lock().changes;
        let answer = ask(question.clone()).await?;
        if answer.status().is_success() && self.lock().changes == before {
            self.keep(question, answer.clone());
        }
        Ok(answer)
    }

    /// Reads in the answer of `SamplingTargets` whether the rules have changed.
    pub(super) fn notice(&self, targets: &[u8]) {
        let told = serde_json::from_slice(targets).ok();
        let Some(changed) = told.and_then(|targets: Targets| targets.changed) else {
            return;
        };
        let mut kept = self.lock();
        // Bits, because any other time is a change.
        if kept.changed.map(f64::to_bits) != Some(changed.to_bits()) {
            kept.changed = Some(changed);
            kept.changes += 1;
            kept.answers.clear();
        }
    }

    fn kept(&self, question: &Bytes) -> Option<Response<Bytes>> {
        let mut kept = self.lock();
        kept.answers
            .retain(|answered| answered.at.elapsed() < SHARED);
        let found = kept
            .answers
            .iter()
            .find(|answered| answered.question == *question);
        found.map(|answered| answered.answer.clone())
    }

    fn keep(&self, question: Bytes, answer: Response<Bytes>) {
        let mut kept = self.lock();
        if kept.answers.len() < MOST {
            let at = Instant::now();
            kept.answers.push(Answered {
                question,
                answer,
                at,
            });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
