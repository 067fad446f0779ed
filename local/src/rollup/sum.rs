//! Summing up what has settled.

use std::collections::BTreeSet;

use super::of_minute;
use crate::graph::Graph;
use crate::limits;
use crate::store::{ChangedMinute, Shelf, Store, StoreError, Stretch};

/// A minute with its graph as bytes; none where it has no traces any more.
type Summed = (ChangedMinute, Option<Vec<u8>>);

/// Keeps the graphs of some minutes that have not changed since `until`, and of what is complete with them. Says whether
/// there were any.
pub(crate) async fn sum_up(store: &Store, until: f64) -> Result<bool, StoreError> {
    let look = move |snapshot: &crate::store::Snapshot<'_>| {
        let minutes = snapshot
            .settled(until, limits::MINUTES_PER_TURN)?
            .into_iter();
        let summed = minutes.map(|it| Ok((it, bytes(&of_minute(snapshot, it.minute)?))));
        summed.collect::<Result<Vec<Summed>, StoreError>>()
    };
    let summed = store.read(look).await?;
    let is_any = !summed.is_empty();
    if is_any {
        store.change(move |shelf| keep(shelf, &summed)).await?;
    }
    Ok(is_any)
}

fn bytes(graph: &Graph) -> Option<Vec<u8>> {
    Some(graph)
        .filter(|it| !it.is_empty())
        .and_then(Graph::to_bytes)
}

fn keep(shelf: &Shelf<'_>, summed: &[Summed]) -> Result<(), StoreError> {
    for (minute, graph) in summed {
        shelf.keep_minute(*minute, graph.as_deref())?;
    }
    let mut part = 1;
    for length in Stretch::LENGTHS.into_iter().skip(1) {
        let around = summed.iter();
        let around = around.map(|(it, _)| Stretch::around(it.minute, length));
        for stretch in around.collect::<BTreeSet<_>>() {
            keep_longer(shelf, stretch, part)?;
        }
        part = length;
    }
    Ok(())
}

/// Sums up the graphs of a stretch's parts, where all are there.
fn keep_longer(shelf: &Shelf<'_>, stretch: Stretch, part: i64) -> Result<(), StoreError> {
    if !shelf.is_settled(stretch)? {
        return Ok(());
    }
    let mut sum = Some(Graph::default());
    shelf.each_graph(part, stretch.ends(), |_, bytes| {
        let part = Graph::of_bytes(&bytes()?);
        sum = sum.take().zip(part).map(|(mut sum, part)| {
            sum.merge(&part);
            sum
        });
        Ok(())
    })?;
    if let Some(sum) = sum.and_then(|it| bytes(&it)) {
        shelf.keep_graph(stretch, &sum)?;
    }
    Ok(())
}
