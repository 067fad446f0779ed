//! Who served and who called, in one trace.
//!
//! A call is told by the caller's subsegment, because the caller knows how long it waited and whether it failed; where a
//! segment names another segment as its parent (`AWS::Lambda::Function` does), by that segment. What nobody in
//! the trace called was called by a client, of whom nothing is known but that.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use xray_segment::EntityId;

use super::measure::{Measured, between};
use super::node::NodeId;
use crate::compile::{Entity, Node, Trace};

/// What of a trace has ended.
#[derive(Debug, Default)]
pub(super) struct Traffic<'a> {
    pub(super) served: Vec<Served<'a>>,
    pub(super) calls: Vec<Call>,
}

/// A request that a node worked on.
#[derive(Debug)]
pub(super) struct Served<'a> {
    pub(super) by: NodeId,
    pub(super) segment: Entity<'a>,
    pub(super) measured: Measured,
}

/// A request from the point of view of who made it.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    pub(super) measured: Measured,
}

impl<'a> Traffic<'a> {
    pub(super) fn of(trace: &'a Trace) -> Self {
        let places = places(trace);
        let mut traffic = Self::default();
        let mut told = HashSet::new();
        for segment in trace.entities() {
            let node = NodeId::from(Node::of(segment));
            let call = match caller(segment, &places) {
                None => Some((Node::client_of(segment).into(), segment)),
                // A call that was answered more than once, by attempts of one name, is still one call.
                Some((by, within)) => told
                    .insert((by.id(), node.clone()))
                    .then(|| (Node::of(within).into(), by)),
            };
            if let Some((from, by)) = call {
                traffic.called(from, &node, by);
            }
            traffic.served(node, segment);
        }
        traffic
    }

    fn called(&mut self, from: NodeId, to: &NodeId, told_by: Entity<'_>) {
        self.calls
            .extend(Measured::of(told_by).map(|measured| Call {
                from,
                to: to.clone(),
                measured,
            }));
    }

    fn served(&mut self, by: NodeId, segment: Entity<'a>) {
        self.served
            .extend(Measured::of(segment).map(|measured| Served {
                by,
                segment,
                measured,
            }));
    }
}

impl Served<'_> {
    /// From the first start to the last end of anything inside; Lambda begins `Initialization` before the request.
    pub(super) fn duration(&self) -> Duration {
        let Measured { start, end, .. } = self.measured;
        let inside = || self.segment.tree();
        let start = inside().filter_map(Entity::start).fold(start, f64::min);
        let end = inside().filter_map(Entity::end).fold(end, f64::max);
        between(start, end)
    }
}

/// Segments and subsegments by id, each with the segment it is in.
type Places<'a> = HashMap<EntityId, (Entity<'a>, Entity<'a>)>;

fn places(trace: &Trace) -> Places<'_> {
    let wanted: HashSet<EntityId> = trace.entities().filter_map(Entity::parent).collect();
    let mut places = HashMap::with_capacity(wanted.len());
    for segment in trace.entities() {
        for entity in segment.tree() {
            if let Some(id) = entity.id().filter(|id| wanted.contains(id)) {
                places.entry(id).or_insert((entity, segment));
            }
        }
    }
    places
}

/// What called a segment, and the segment that is part of.
fn caller<'a>(segment: Entity<'a>, places: &Places<'a>) -> Option<(Entity<'a>, Entity<'a>)> {
    let parent = segment.parent().filter(|it| segment.id() != Some(*it))?;
    places.get(&parent).copied()
}
