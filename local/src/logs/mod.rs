//! What functions printed, beside their traces.
//!
//! An event belongs to a trace that it names, or whose documents name the event's invocation: Lambda tells a request id of
//! every line and a trace id only of some.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xray_segment::TraceId;

use crate::compile::Entity;
use crate::limits;
use crate::store::{Logged, Numbered, Snapshot, StoreError};

/// The events of some traces, as far as they fit.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// By time.
    pub(crate) events: Vec<Logged>,
    /// There are more than [`limits::LOG_EVENTS`]; these are the first.
    pub(crate) cut: bool,
}

/// All events of these traces.
pub(crate) fn of_traces(snapshot: &Snapshot<'_>, traces: &[TraceId]) -> Result<Found, StoreError> {
    let mut events = Events::default();
    for trace in traces {
        events.add(snapshot.logs_of_trace(*trace, Events::LIMIT)?);
        let documents = snapshot.trace(*trace)?.unwrap_or_default();
        for request in requests(&documents.bodies) {
            events.add(snapshot.logs_of_request(request, Events::LIMIT)?);
        }
    }
    Ok(events.into_found())
}

/// The invocations that documents name. That of a subsegment is of the function that was called, where it was one.
fn requests(documents: &[Value]) -> BTreeSet<&str> {
    documents
        .iter()
        .flat_map(|it| Entity::new(it).tree())
        .filter_map(|it| it.text("/aws/request_id"))
        .collect()
}

/// Events by number, since one may be found in both ways.
#[derive(Debug, Default)]
struct Events(BTreeMap<i64, Logged>);

impl Events {
    /// One more than is shown tells that there are more.
    const LIMIT: usize = limits::LOG_EVENTS + 1;

    fn add(&mut self, found: Vec<Numbered>) {
        let number = |it: Numbered| (it.number, it.event);
        self.0.extend(found.into_iter().map(number));
        if self.0.len() > 2 * Self::LIMIT {
            let first = self.sorted();
            self.0 = first.into_iter().take(Self::LIMIT).collect();
        }
    }

    fn sorted(&mut self) -> Vec<(i64, Logged)> {
        let mut sorted: Vec<_> = std::mem::take(&mut self.0).into_iter().collect();
        sorted.sort_by(|(_, one), (_, other)| one.time.total_cmp(&other.time));
        sorted
    }

    fn into_found(mut self) -> Found {
        let mut sorted = self.sorted();
        let cut = sorted.len() > limits::LOG_EVENTS;
        sorted.truncate(limits::LOG_EVENTS);
        Found {
            events: sorted.into_iter().map(|(_, event)| event).collect(),
            cut,
        }
    }
}
