//! Documents as they arrived.

use std::sync::LazyLock;
use std::time::Instant;

use jsonschema::Validator;
use serde_json::Value;

/// The official schema (X-Ray Developer Guide, "Segment document schema", version 1.0.0).
static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = include_str!("../../segment/tests/segment-schema.json");
    jsonschema::draft4::new(&serde_json::from_str(schema).unwrap()).unwrap()
});

/// A document and the moment it came.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The document.
    pub json: Value,
    /// When the endpoint had it.
    pub at: Instant,
}

impl Arrived {
    pub(crate) fn new(document: &str, at: Instant) -> Self {
        Self {
            json: serde_json::from_str(document).unwrap(),
            at,
        }
    }

    /// A text field; empty when it is missing.
    pub fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    /// Whether a flag is set.
    pub fn flag(&self, field: &str) -> bool {
        self.json[field] == true
    }

    /// Bytes of the document as JSON.
    pub fn len(&self) -> usize {
        self.json.to_string().len()
    }

    /// Never: a document has at least its braces.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The message of the first exception of its cause.
    pub fn message(&self) -> &str {
        self.json["cause"]["exceptions"][0]["message"]
            .as_str()
            .unwrap_or_default()
    }
}

/// Holds every document against the official schema.
#[track_caller]
pub fn check_schema(documents: &[Arrived]) {
    for document in documents {
        let errors: Vec<_> = SCHEMA
            .iter_errors(&document.json)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?} in {:#}", document.json);
    }
}
