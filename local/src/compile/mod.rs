//! Documents into one trace, as X-Ray compiles them.
//!
//! What a service sends comes in pieces, late and in any order: segments in progress and then complete, subsegments
//! by themselves, children before their parents. The trace is a function of the *set* of documents; the order in which they
//! came changes nothing.

mod assemble;
mod entity;
mod inferred;
mod lambda;
mod node;
mod root_cause;
mod summary;

use serde_json::Value;
use xray_segment::EntityId;

pub use entity::{Entity, Status};
pub(crate) use node::{CLIENT, Node};
pub(crate) use root_cause::{causes, slow};
pub(crate) use summary::summarize;

/// A trace: whole segments, earliest first, with every subsegment in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Segment documents. `subsegments` inside them are ordered by start.
    pub segments: Vec<Value>,
}

/// Compiles the documents of one trace. Of several with one id, the complete one counts.
pub fn compile(documents: Vec<Value>) -> Trace {
    let mut pieces = assemble::assemble(documents);
    for (parent, subsegments) in std::mem::take(&mut pieces.orphans) {
        pieces
            .segments
            .extend(lambda::segments(parent, subsegments));
    }
    let mut segments = pieces.segments;
    segments.extend(inferred::segments(&segments));
    segments.sort_by(|a, b| in_order(Entity::new(a), Entity::new(b)));
    Trace { segments }
}

impl Trace {
    /// The segments.
    pub fn entities(&self) -> impl DoubleEndedIterator<Item = Entity<'_>> {
        self.segments.iter().map(Entity::new)
    }

    /// The segment that no other part of the trace called, the earliest if there are several.
    pub fn root(&self) -> Option<Entity<'_>> {
        let known: std::collections::HashSet<EntityId> =
            self.tree().filter_map(Entity::id).collect();
        let is_root =
            |segment: &Entity<'_>| !segment.parent().is_some_and(|id| known.contains(&id));
        self.entities()
            .find(is_root)
            .or_else(|| self.entities().next())
    }

    /// Every segment and subsegment.
    pub fn tree(&self) -> impl Iterator<Item = Entity<'_>> {
        self.entities().flat_map(Entity::tree)
    }

    /// Earliest start and latest end of anything in it, in epoch seconds.
    pub fn span(&self) -> (f64, f64) {
        let start = self.tree().filter_map(Entity::start).reduce(f64::min);
        let start = start.unwrap_or_default();
        let ends = self.tree().filter_map(|it| it.end().or(it.start()));
        (start, ends.fold(start, f64::max))
    }

    /// Something in it has not ended.
    pub fn in_progress(&self) -> bool {
        self.tree().any(Entity::in_progress)
    }
}

/// By start; what nobody called before what somebody did; then by id, so that there is exactly one order.
fn in_order(a: Entity<'_>, b: Entity<'_>) -> std::cmp::Ordering {
    let start = |it: Entity<'_>| it.start().unwrap_or_default();
    start(a)
        .total_cmp(&start(b))
        .then_with(|| a.parent().is_some().cmp(&b.parent().is_some()))
        .then_with(|| a.text("/id").cmp(&b.text("/id")))
}
