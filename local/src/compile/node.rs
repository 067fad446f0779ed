//! What makes a node, wherever nodes are spoken of (graphs, filters, summaries): a name, a type and an account. Two functions of one
//! name in two accounts are two nodes.

use serde_json::{Value, json};

use super::{Entity, inferred};

/// X-Ray's type for whoever sent the first request.
pub(crate) const CLIENT: &str = "client";
/// X-Ray's type for a called host of which nothing else is known.
const REMOTE: &str = "remote";

/// The node that a segment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node<'a> {
    pub(crate) name: &'a str,
    /// `None` for a service that did not say what it runs on.
    pub(crate) kind: Option<&'a str>,
    pub(crate) account: Option<&'a str>,
}

impl<'a> Node<'a> {
    /// The node of a segment, or of one that is inferred.
    pub(crate) fn of(segment: Entity<'a>) -> Self {
        let is_inferred = segment.is_inferred();
        Self {
            name: if is_inferred {
                inferred::node_name(segment)
            } else {
                segment.name()
            },
            kind: segment.text("/origin").or(is_inferred.then_some(REMOTE)),
            account: segment.text("/aws/account_id"),
        }
    }

    /// Who called a segment from outside all traces; it bears the name of what it called.
    pub(crate) fn client_of(segment: Entity<'a>) -> Self {
        Self {
            name: Self::of(segment).name,
            kind: Some(CLIENT),
            account: None,
        }
    }

    pub(crate) fn is_client(&self) -> bool {
        self.kind == Some(CLIENT)
    }

    /// The `ServiceId` of the API.
    pub(super) fn service_id(self) -> Value {
        let mut id = json!({ "Name": self.name, "Names": [self.name] });
        if let Value::Object(fields) = &mut id {
            for (key, text) in [("AccountId", self.account), ("Type", self.kind)] {
                fields.extend(text.map(|text| (key.to_owned(), json!(text))));
            }
        }
        id
    }
}
