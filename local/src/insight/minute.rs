//! One minute of a group: how each service did, and who called whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Graph, Health, NodeId};

/// The part of a graph that insights are about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Minute {
    /// What was asked of each service.
    pub(super) services: BTreeMap<NodeId, Health>,
    /// Caller and called, without clients.
    pub(super) calls: BTreeSet<(NodeId, NodeId)>,
    /// What came from outside.
    pub(super) clients: Health,
    /// The client and what it called.
    pub(super) entries: BTreeSet<(NodeId, NodeId)>,
}

impl Minute {
    /// Adds what a graph says.
    pub(crate) fn add(&mut self, graph: &Graph) {
        for node in graph.view() {
            if !node.id.is_client() && node.served.total > 0 {
                self.services
                    .entry(node.id.clone())
                    .or_default()
                    .add(node.served);
            }
            for (called, health) in node.calls {
                let call = (node.id.clone(), called.clone());
                if node.id.is_client() {
                    self.clients.add(health);
                    self.entries.insert(call);
                } else {
                    self.calls.insert(call);
                }
            }
        }
    }
}
