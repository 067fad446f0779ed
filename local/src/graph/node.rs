//! What makes a node of the graph: a name, a type and an account. Two functions of one name in two accounts are two nodes.

use crate::compile::{Entity, node_name};

/// X-Ray's type for whoever sent the first request.
const CLIENT: &str = "client";
/// X-Ray's type for a called host of which nothing else is known.
const REMOTE: &str = "remote";

/// The identity of a node; its order is that of the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId {
    pub(crate) name: String,
    /// `None` for a service that did not say what it runs on.
    pub(crate) kind: Option<String>,
    pub(crate) account: Option<String>,
}

impl NodeId {
    /// The node that a segment belongs to.
    pub(super) fn of(segment: Entity<'_>) -> Self {
        let is_inferred = segment.is_inferred();
        let name = if is_inferred {
            node_name(segment)
        } else {
            segment.name()
        };
        let kind = segment.text("/origin").or(is_inferred.then_some(REMOTE));
        Self {
            name: name.to_owned(),
            kind: kind.map(str::to_owned),
            account: segment.text("/aws/account_id").map(str::to_owned),
        }
    }

    /// Who called a service from outside all traces; it bears the name of what it called.
    pub(super) fn client_of(root: &Self) -> Self {
        Self {
            name: root.name.clone(),
            kind: Some(CLIENT.to_owned()),
            account: None,
        }
    }

    pub(crate) fn is_client(&self) -> bool {
        self.kind.as_deref() == Some(CLIENT)
    }
}
