//! Service graphs of whole minutes, ten minutes and hours, summed up ahead: six hours are then six rows and not a million documents.
//!
//! ```text
//! traces ─▶ minute ─▶ ten minutes ─▶ hour      in the background, once a minute has not changed for a while
//!    │         │           │           │
//!    └─ ends ──┴───────────┴───────────┴─▶ graph of a range: of each part the longest stretch that is kept
//! ```
//!
//! The store takes away what a change makes untrue. What is not kept (yet), and the ends of a range that are no whole minutes, are
//! compiled from their traces; so a graph is the same whether much of it is kept or nothing.

mod sum;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::clock::whole_seconds;
use crate::compile::compile;
use crate::graph::Graph;
use crate::limits;
use crate::store::{Axis, Cursor, Scan, Snapshot, StoreError, Stretch};
pub(crate) use sum::sum_up;

/// The graph of all traces that begin in a range of epoch seconds.
pub(crate) fn graph(snapshot: &Snapshot<'_>, from: f64, to: f64) -> Result<Graph, StoreError> {
    let range = (
        whole_seconds((from / 60.0).ceil()),
        whole_seconds((to / 60.0).floor()),
    );
    if range.0 >= range.1 {
        return of_traces(snapshot, from, to);
    }
    let mut sum = of_traces(snapshot, from, seconds(range.0))?;
    let mut taken = HashSet::new();
    for length in Stretch::LENGTHS.into_iter().rev() {
        snapshot.each_graph(length, range, |stretch, bytes| {
            if !is_part(stretch, &taken) {
                sum.merge(&kept(snapshot, stretch, &bytes()?)?);
                taken.insert(stretch);
            }
            Ok(())
        })?;
    }
    for minute in snapshot.changed_minutes(range.0, range.1)? {
        sum.merge(&of_minute(snapshot, minute)?);
    }
    sum.merge(&of_traces(snapshot, seconds(range.1), to)?);
    Ok(sum)
}

/// Looks at the graph of each minute from `from` to before `to` in which traces begin, in any order.
pub(crate) fn each_minute(
    snapshot: &Snapshot<'_>,
    (from, to): (i64, i64),
    mut look: impl FnMut(i64, &Graph),
) -> Result<(), StoreError> {
    snapshot.each_graph(1, (from, to), |stretch, bytes| {
        look(stretch.ends().0, &kept(snapshot, stretch, &bytes()?)?);
        Ok(())
    })?;
    for minute in snapshot.changed_minutes(from, to)? {
        look(minute, &of_minute(snapshot, minute)?);
    }
    Ok(())
}

/// Whether a longer stretch around this one was taken.
fn is_part(stretch: Stretch, taken: &HashSet<Stretch>) -> bool {
    let (begin, _) = stretch.ends();
    let mut around = Stretch::LENGTHS
        .map(|it| Stretch::around(begin, it))
        .into_iter();
    around.any(|it| taken.contains(&it))
}

/// A graph that was kept, or made anew where another version kept it.
fn kept(snapshot: &Snapshot<'_>, stretch: Stretch, bytes: &[u8]) -> Result<Graph, StoreError> {
    let (from, to) = stretch.ends();
    let anew = || of_traces(snapshot, seconds(from), seconds(to));
    Graph::of_bytes(bytes).map_or_else(anew, Ok)
}

fn of_minute(snapshot: &Snapshot<'_>, minute: i64) -> Result<Graph, StoreError> {
    of_traces(snapshot, seconds(minute), seconds(minute + 1))
}

fn of_traces(snapshot: &Snapshot<'_>, from: f64, to: f64) -> Result<Graph, StoreError> {
    let mut graph = Graph::default();
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
            graph.add(&compile(snapshot.documents_of(trace)?.bodies));
        }
        match listed.last() {
            Some(last) if listed.len() == scan.limit => {
                scan.after = Some(Cursor {
                    time: last.time,
                    id: last.id,
                });
            }
            _ => return Ok(graph),
        }
    }
}

/// Epoch seconds at which a minute begins.
#[expect(clippy::cast_precision_loss, reason = "minutes since 1970 are few")]
const fn seconds(minute: i64) -> f64 {
    minute as f64 * 60.0
}
