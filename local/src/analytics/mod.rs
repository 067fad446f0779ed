//! Two sets of traces beside each other: how long they took, how many failed, and which values are more frequent in one of them.
//!
//! X-Ray's own console computes this in the browser from summaries; here it is an operation, so that page and terminal tell
//! the same and no client has to read a million summaries.
//!
//! ```text
//! trace ─▶ Survey (Tally of all, of each value, of each span of time) ─▶ Comparison   GetAnalytics
//! ```
//!
//! What is kept grows with the number of different values, and that is bounded; not with the number of traces.

mod comparison;
mod dimension;
mod tally;
mod times;

use std::collections::HashMap;

use crate::compile::Trace;
use crate::limits;
pub(crate) use comparison::Comparison;
pub(crate) use dimension::Dimension;
use tally::{Counts, Tally};

/// What is known of the traces added so far.
#[derive(Debug)]
pub(crate) struct Survey {
    by: Option<Dimension>,
    all: Tally,
    values: HashMap<String, Tally>,
    /// Of values beyond [`limits::ANALYSED_VALUES`].
    other: Tally,
    activity: Activity,
}

impl Survey {
    /// Of traces that begin between two epoch seconds; `spans` is how many parts of that time are told.
    pub(crate) fn new(by: Option<Dimension>, (from, to): (f64, f64), spans: usize) -> Self {
        Self {
            by,
            all: Tally::default(),
            values: HashMap::new(),
            other: Tally::default(),
            activity: Activity {
                from,
                span: (to - from).max(0.0) / as_f64(spans.max(1)),
                counts: vec![Counts::default(); spans.max(1)],
            },
        }
    }

    /// Adds a trace.
    pub(crate) fn add(&mut self, trace: &Trace) {
        self.all.add(trace);
        self.activity.add(trace);
        let Some(by) = &self.by else { return };
        for value in by.values(trace) {
            let has_room = self.values.len() < limits::ANALYSED_VALUES;
            if has_room || self.values.contains_key(&value) {
                self.values.entry(value).or_default().add(trace);
            } else {
                self.other.add(trace);
            }
        }
    }
}

/// How many traces began when.
#[derive(Debug)]
struct Activity {
    /// Epoch seconds.
    from: f64,
    /// Seconds.
    span: f64,
    counts: Vec<Counts>,
}

impl Activity {
    fn add(&mut self, trace: &Trace) {
        let (start, _) = trace.span();
        let last = self.counts.len().saturating_sub(1);
        let place = if self.span > 0.0 {
            whole((start - self.from) / self.span).min(last)
        } else {
            0
        };
        if let Some(counts) = self.counts.get_mut(place) {
            counts.add(trace.root());
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for shares and edges")]
const fn as_f64(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a negative number is none, and what is too large is cut by who asks"
)]
const fn whole(number: f64) -> usize {
    number as usize
}
