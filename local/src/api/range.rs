//! The traces of a time range and a group, one after the other, for operations that sum them up.

use std::sync::Arc;

use serde::Deserialize;

use super::Service;
use super::error::ApiError;
use super::request::When;
use super::summaries::open_end;
use crate::arn::Named;
use crate::compile::{Trace, compile};
use crate::graph::{Graph, Minutes};
use crate::group;
use crate::limits;
use crate::store::{Axis, Cursor, Scan, Snapshot, Store, StoreError};

/// Seconds of a minute, as times are counted here.
const MINUTE: f64 = 60.0;

/// What requests say of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RangeInput {
    pub(super) start_time: When,
    pub(super) end_time: When,
    group_name: Option<String>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<String>,
}

/// Traces by their start, in epoch seconds, as far as they are in the group.
#[derive(Clone, Debug)]
pub(super) struct Range {
    from: f64,
    to: f64,
    group: Option<Named>,
}

impl Range {
    /// A range that makes sense.
    pub(super) fn new(input: RangeInput, now: f64) -> Result<Self, ApiError> {
        let (When(from), When(to)) = (input.start_time, input.end_time);
        if to < from {
            return Err(ApiError::invalid("EndTime lies before StartTime"));
        }
        let group = match (input.group_name, input.group_arn) {
            (None, None) => None,
            (name, arn) => Some(Named::one("Group", name, arn)?),
        };
        Ok(Self {
            from,
            to: open_end(to, now),
            group,
        })
    }

    /// Adds every trace of the range to `sum`, the newest first, never more than one in memory at a time.
    pub(super) async fn sum<T: Send + 'static>(
        self,
        store: &Store,
        mut sum: T,
        add: fn(&mut T, &Trace),
    ) -> Result<T, ApiError> {
        store
            .read(move |snapshot| {
                if let Err(refused) = self.check_group(snapshot) {
                    return Ok(Err(refused));
                }
                each(snapshot, self.from, self.to, |trace| add(&mut sum, trace))?;
                Ok(Ok(sum))
            })
            .await?
    }

    /// The graph of the range, of which whole minutes may be known already.
    pub(super) async fn graph(self, service: &Service) -> Result<Graph, ApiError> {
        let minutes = Arc::clone(&service.minutes);
        let read = move |snapshot: &Snapshot<'_>| match self.check_group(snapshot) {
            Ok(()) => Ok(Ok(self.graph_by_minutes(snapshot, &minutes)?)),
            Err(refused) => Ok(Err(refused)),
        };
        service.store.read(read).await?
    }

    fn graph_by_minutes(
        &self,
        snapshot: &Snapshot<'_>,
        minutes: &Minutes,
    ) -> Result<Graph, StoreError> {
        let first = (self.from / MINUTE).ceil();
        let end = (self.to / MINUTE).floor();
        if first >= end {
            return graph(snapshot, self.from, self.to);
        }
        let mut sum = graph(snapshot, self.from, first * MINUTE)?;
        for state in snapshot.minutes(first, end)? {
            let begin = state.minute * MINUTE;
            let make = || graph(snapshot, begin, begin + MINUTE);
            sum.merge(minutes.get(state, make)?.as_ref());
        }
        sum.merge(&graph(snapshot, end * MINUTE, self.to)?);
        Ok(sum)
    }

    fn check_group(&self, snapshot: &Snapshot<'_>) -> Result<(), ApiError> {
        let Some(named) = &self.group else {
            return Ok(());
        };
        let group = group::find(&snapshot.shelf(), named)?;
        let is_all = |it: &String| it.trim().is_empty();
        if group.filter_expression.as_ref().is_none_or(is_all) {
            return Ok(());
        }
        Err(ApiError::invalid(format!(
            "the traces of group {:?} cannot be told from others yet; ask for the group Default",
            group.name
        )))
    }
}

fn graph(snapshot: &Snapshot<'_>, from: f64, to: f64) -> Result<Graph, StoreError> {
    let mut graph = Graph::default();
    each(snapshot, from, to, |trace| graph.add(trace))?;
    Ok(graph)
}

fn each(
    snapshot: &Snapshot<'_>,
    from: f64,
    to: f64,
    mut add: impl FnMut(&Trace),
) -> Result<(), StoreError> {
    let mut scan = Scan {
        axis: Axis::Start,
        from,
        to,
        after: None,
        limit: limits::TRACES_PER_SCAN,
    };
    loop {
        let listed = snapshot.scan(&scan)?;
        for trace in &listed {
            add(&compile(snapshot.documents_of(trace)?.bodies));
        }
        match listed.last() {
            Some(last) if listed.len() == scan.limit => {
                scan.after = Some(Cursor {
                    time: last.time,
                    id: last.id,
                });
            }
            _ => return Ok(()),
        }
    }
}
