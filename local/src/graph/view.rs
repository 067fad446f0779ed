//! A graph in numbers, for what looks for failures in it.

use super::{Graph, NodeId, Statistics};

/// Requests, those that failed by a fault, and those that went well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) total: u64,
    pub(crate) fault: u64,
    pub(crate) ok: u64,
}

impl Health {
    pub(crate) const fn add(&mut self, more: Self) {
        self.total += more.total;
        self.fault += more.fault;
        self.ok += more.ok;
    }
}

/// A service or a client.
#[derive(Debug)]
pub(crate) struct NodeView<'a> {
    pub(crate) id: &'a NodeId,
    pub(crate) served: Health,
    /// What it called.
    pub(crate) calls: Vec<(&'a NodeId, Health)>,
}

impl Graph {
    /// Every node, with the calls it made.
    pub(crate) fn view(&self) -> impl Iterator<Item = NodeView<'_>> {
        self.nodes.iter().map(|node| NodeView {
            id: &node.id,
            served: health(&node.served),
            calls: (node.calls.iter())
                .filter_map(|(to, edge)| Some((&self.nodes.get(*to)?.id, health(&edge.statistics))))
                .collect(),
        })
    }
}

const fn health(statistics: &Statistics) -> Health {
    Health {
        total: statistics.total(),
        fault: statistics.fault,
        ok: statistics.ok,
    }
}
