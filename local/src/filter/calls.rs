//! The calls between the nodes of a trace, as `service(…)` and `edge(…)` mean them.

use std::collections::HashMap;

use xray_segment::EntityId;

use super::ast::Who;
use crate::compile::{CLIENT, Entity, Node, Trace};

/// A call, with what tells of it: the caller's subsegment, or the root segment where a client called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) from: Node<'a>,
    pub(super) to: Node<'a>,
    pub(super) told_by: Entity<'a>,
}

impl Who {
    /// Whether clients are meant.
    pub(super) fn is_client(&self) -> bool {
        self.kind.as_deref() == Some(CLIENT)
    }

    /// A client bears the name of what it calls, so it is meant only where its type is said.
    pub(super) fn is(&self, node: &Node<'_>) -> bool {
        let fits = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|it| Some(it) == found)
        };
        fits(&self.name, Some(node.name))
            && fits(&self.kind, node.kind)
            && fits(&self.account, node.account)
            && (self.kind.is_some() || !node.is_client())
    }
}

/// Every call in a trace; what nobody in it called was called by a client.
pub(super) fn calls(trace: &Trace) -> Vec<Call<'_>> {
    let mut places: HashMap<EntityId, (Entity<'_>, Entity<'_>)> = HashMap::new();
    for segment in trace.entities() {
        for entity in segment.tree() {
            places.extend(entity.id().map(|id| (id, (entity, segment))));
        }
    }
    let call = |segment: Entity<'_>| {
        let parent = segment.parent().filter(|it| segment.id() != Some(*it));
        parent.and_then(|it| places.get(&it)).copied()
    };
    let told = trace.entities().map(|segment| {
        let caller = call(segment);
        Call {
            from: caller.map_or_else(|| Node::client_of(segment), |(_, by)| Node::of(by)),
            to: Node::of(segment),
            told_by: caller.map_or(segment, |(told_by, _)| told_by),
        }
    });
    told.collect()
}
