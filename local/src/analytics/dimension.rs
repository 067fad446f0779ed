//! By what traces are told apart: an annotation, or something that X-Ray itself knows of a trace.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::compile::{Entity, Node, Trace};

/// Which values of a trace are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    /// Of an annotation, by its key.
    Annotation(String),
    /// Of the request from outside.
    Url,
    /// Of the answer to the outside.
    Status,
    /// Of the request from outside.
    Method,
    /// Any that a segment names.
    User,
    /// Any that worked on it.
    Service,
    /// Any by its name.
    Subsegment,
    /// The service that was called from outside.
    Entry,
}

impl Dimension {
    /// Every word that may stand for one.
    pub(crate) const WORDS: &'static str =
        "annotation.KEY, url, status, method, user, service, subsegment or entry";

    /// Reads the word.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let annotation = text.strip_prefix("annotation.").filter(|it| !it.is_empty());
        Some(match (annotation, text) {
            (Some(key), _) => Self::Annotation(key.to_owned()),
            (_, "url") => Self::Url,
            (_, "status") => Self::Status,
            (_, "method") => Self::Method,
            (_, "user") => Self::User,
            (_, "service") => Self::Service,
            (_, "subsegment") => Self::Subsegment,
            (_, "entry") => Self::Entry,
            _ => return None,
        })
    }

    /// The values that a trace has, each once.
    pub(super) fn values(&self, trace: &Trace) -> BTreeSet<String> {
        let of_root = |pointer| {
            trace
                .root()
                .and_then(|it| it.text(pointer))
                .map(str::to_owned)
        };
        match self {
            Self::Annotation(key) => (trace.tree().flat_map(Entity::annotations))
                .filter(|(it, _)| it == key)
                .filter_map(|(_, value)| written(value))
                .collect(),
            Self::Url => of_root("/http/request/url").into_iter().collect(),
            Self::Method => of_root("/http/request/method").into_iter().collect(),
            Self::Status => {
                let status = trace.root().and_then(Entity::http_status);
                status.map(|it| it.to_string()).into_iter().collect()
            }
            Self::User => {
                let users = trace.entities().filter_map(|it| it.text("/user"));
                users.map(str::to_owned).collect()
            }
            Self::Service => trace.entities().map(service).collect(),
            Self::Subsegment => (trace.entities().flat_map(|it| it.tree().skip(1)))
                .map(|it| it.name().to_owned())
                .collect(),
            Self::Entry => trace.root().map(service).into_iter().collect(),
        }
    }
}

fn service(segment: Entity<'_>) -> String {
    Node::of(segment).name.to_owned()
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
