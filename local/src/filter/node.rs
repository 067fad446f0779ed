//! The nodes of a trace and the calls between them, as `service(…)` and `edge(…)` mean them.

use std::collections::HashMap;

use xray_segment::EntityId;

use super::ast::Who;
use crate::compile::{Entity, Trace, node_name};

/// X-Ray's type for whoever sent the first request.
const CLIENT: &str = "client";
/// X-Ray's type for a called host of which nothing else is known.
const REMOTE: &str = "remote";

/// What makes a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Option<&'a str>,
    pub(super) account: Option<&'a str>,
}

/// A call, with what tells of it: the caller's subsegment, or the root segment where a client called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) from: Node<'a>,
    pub(super) to: Node<'a>,
    pub(super) told_by: Entity<'a>,
}

impl<'a> Node<'a> {
    /// The node that a segment belongs to.
    pub(super) fn of(segment: Entity<'a>) -> Self {
        let is_inferred = segment.is_inferred();
        Self {
            name: if is_inferred {
                node_name(segment)
            } else {
                segment.name()
            },
            kind: segment.text("/origin").or(is_inferred.then_some(REMOTE)),
            account: segment.text("/aws/account_id"),
        }
    }

    /// Who called a segment from outside; it bears the name of what it called.
    fn client_of(segment: Entity<'a>) -> Self {
        Self {
            name: Self::of(segment).name,
            kind: Some(CLIENT),
            account: None,
        }
    }

    fn is_client(&self) -> bool {
        self.kind == Some(CLIENT)
    }
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
