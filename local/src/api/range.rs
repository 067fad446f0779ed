//! The traces of a time range and a group, one after the other, for operations that sum them up.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::ApiError;
use super::request::When;
use super::summaries::open_end;
use crate::arn::Named;
use crate::clock::whole_seconds;
use crate::compile::{Trace, compile};
use crate::filter::Search;
use crate::graph::Graph;
use crate::group::Asked;
use crate::insight::Minute;
use crate::limits;
use crate::rollup;
use crate::store::{Axis, Cursor, Scan, Snapshot, Store, StoreError};

/// Seconds of a minute, as times are counted here.
const MINUTE: f64 = 60.0;

/// What requests say of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RangeInput {
    pub(super) start_time: When,
    pub(super) end_time: When,
    pub(super) group_name: Option<String>,
    #[serde(rename = "GroupARN")]
    pub(super) group_arn: Option<String>,
}

/// Traces by their start, in epoch seconds, as far as they are asked for.
#[derive(Clone, Debug)]
pub(super) struct Range {
    from: f64,
    to: f64,
    asked: Asked,
}

impl Range {
    /// A range that makes sense, of all traces of a group.
    pub(super) fn new(input: RangeInput, now: f64) -> Result<Self, ApiError> {
        Self::filtered(input, None, now)
    }

    /// The traces of which an expression holds.
    pub(super) fn filtered(
        input: RangeInput,
        expression: Option<&str>,
        now: f64,
    ) -> Result<Self, ApiError> {
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
            asked: Asked::new(group, expression)?,
        })
    }

    /// Epoch seconds, from and to before.
    pub(super) const fn ends(&self) -> (f64, f64) {
        (self.from, self.to)
    }

    /// Adds every trace of the range to `sum`, the newest first, never more than one in memory at a time.
    pub(super) async fn sum<T: Send + 'static>(
        self,
        store: &Store,
        mut sum: T,
        add: fn(&mut T, &Trace),
    ) -> Result<T, ApiError> {
        let ends = self.ends();
        let read = move |snapshot: &Snapshot<'_>, part: Part<'_>| {
            part.each(snapshot, |trace| add(&mut sum, trace))?;
            Ok(sum)
        };
        self.read(store, ends, read).await
    }

    /// Reads what was asked for between two times, in one state of the store.
    async fn read<T: Send + 'static>(
        self,
        store: &Store,
        (from, to): (f64, f64),
        look: impl FnOnce(&Snapshot<'_>, Part<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let read = move |snapshot: &Snapshot<'_>| match self.asked.search(&snapshot.shelf()) {
            Ok(search) => {
                let search = &search;
                look(snapshot, Part { from, to, search }).map(Ok)
            }
            Err(refused) => Ok(Err(refused.into())),
        };
        store.read(read).await?
    }

    /// All of a group between two epoch seconds.
    pub(super) fn of_group(group: Named, from: f64, to: f64) -> Result<Self, ApiError> {
        let asked = Asked::new(Some(group), None)?;
        Ok(Self { from, to, asked })
    }

    /// How services did in each minute, by minutes since 1970; the first and the last are whole.
    pub(super) async fn minutes(self, store: &Store) -> Result<BTreeMap<u64, Minute>, ApiError> {
        let whole = |at: f64| at * MINUTE;
        let ends = (
            whole((self.from / MINUTE).floor()),
            whole((self.to / MINUTE).ceil()),
        );
        let read = |snapshot: &Snapshot<'_>, part: Part<'_>| part.minutes(snapshot);
        self.read(store, ends, read).await
    }

    /// The graph of the range.
    pub(super) async fn graph(self, store: &Store) -> Result<Graph, ApiError> {
        let ends = self.ends();
        let read = |snapshot: &Snapshot<'_>, part: Part<'_>| {
            // Graphs are kept of all traces only: a group may be changed at any time.
            if part.search.is_of_all() {
                rollup::graph(snapshot, part.from, part.to)
            } else {
                part.graph(snapshot)
            }
        };
        self.read(store, ends, read).await
    }
}

/// A part of a range.
#[derive(Clone, Copy, Debug)]
struct Part<'s> {
    from: f64,
    to: f64,
    search: &'s Search,
}

impl Part<'_> {
    fn minutes(self, snapshot: &Snapshot<'_>) -> Result<BTreeMap<u64, Minute>, StoreError> {
        let mut found: BTreeMap<u64, Minute> = BTreeMap::new();
        let mut add = |minute: i64, graph: &Graph| {
            let minute = u64::try_from(minute).unwrap_or_default();
            found.entry(minute).or_default().add(graph);
        };
        let minute_of = |at: f64| whole_seconds(at / MINUTE);
        if self.search.is_of_all() {
            let range = (minute_of(self.from), minute_of(self.to));
            rollup::each_minute(snapshot, range, add)?;
        } else {
            self.each(snapshot, |trace| {
                let mut graph = Graph::default();
                graph.add(trace);
                add(minute_of(trace.span().0), &graph);
            })?;
        }
        Ok(found)
    }

    fn graph(self, snapshot: &Snapshot<'_>) -> Result<Graph, StoreError> {
        let mut graph = Graph::default();
        self.each(snapshot, |trace| graph.add(trace))?;
        Ok(graph)
    }

    fn each(self, snapshot: &Snapshot<'_>, mut add: impl FnMut(&Trace)) -> Result<(), StoreError> {
        let mut scan = Scan {
            axis: Axis::Start,
            from: self.from,
            to: self.to,
            after: None,
            limit: limits::TRACES_PER_SCAN,
        };
        let finder = snapshot.finder(&scan, self.search.clues())?;
        loop {
            let listed = finder.next(snapshot, &scan)?;
            for trace in &listed {
                if !finder.admits(snapshot, trace)? {
                    continue;
                }
                let trace = compile(snapshot.documents_of(trace)?.bodies);
                if self.search.holds_of(&trace) {
                    add(&trace);
                }
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
}
