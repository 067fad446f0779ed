//! Nodes that stay when their trace is gone: a graph is made of many traces.

use serde::{Deserialize, Serialize};

use crate::compile::{CLIENT, Node};

/// The identity of a node; its order is that of the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct NodeId {
    pub(crate) name: String,
    /// `None` for a service that did not say what it runs on.
    pub(crate) kind: Option<String>,
    pub(crate) account: Option<String>,
}

impl From<Node<'_>> for NodeId {
    fn from(node: Node<'_>) -> Self {
        Self {
            name: node.name.to_owned(),
            kind: node.kind.map(str::to_owned),
            account: node.account.map(str::to_owned),
        }
    }
}

impl NodeId {
    pub(crate) fn is_client(&self) -> bool {
        self.kind.as_deref() == Some(CLIENT)
    }
}
