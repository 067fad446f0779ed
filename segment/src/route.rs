//! The few fields a document is routed by, without parsing the rest.
//!
//! The extension forwards documents as they are; to send those of one trace together, to hold what is in progress and to say what was
//! lost it needs only their ids. Everything else is skipped, but read to its end: a truncated document is told apart here.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use thiserror::Error;

use crate::{EntityId, TraceId};

/// A text that is not one JSON object.
#[derive(Debug, Error)]
#[error("the document is not a JSON object of a segment or subsegment: {0}")]
pub struct RouteError(#[from] serde_json::Error);

/// What a document is routed by; an id that is missing or malformed is `None`, for X-Ray to complain of.
///
/// ```
/// use xray_segment::Route;
///
/// let route = Route::parse(r#"{"trace_id":"1-5759e988-bd862e3fe1be46a994272793","id":"53995c3f42cd8ad8","http":{"id":1}}"#)?;
/// assert_eq!(route.id, "53995c3f42cd8ad8".parse().ok());
/// assert!(!route.in_progress);
/// # Ok::<(), xray_segment::RouteError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Route {
    /// The trace.
    #[serde(default, deserialize_with = "lenient")]
    pub trace_id: Option<TraceId>,
    /// The segment or subsegment.
    #[serde(default, deserialize_with = "lenient")]
    pub id: Option<EntityId>,
    /// What stands above it.
    #[serde(default, deserialize_with = "lenient")]
    pub parent_id: Option<EntityId>,
    /// Whether a closed form of the document is still to come.
    #[serde(default)]
    pub in_progress: bool,
    /// Whether it is a subsegment that is sent by itself.
    #[serde(rename = "type", default, deserialize_with = "subsegment")]
    pub is_subsegment: bool,
}

impl Route {
    /// Reads the routing fields of `document`, and all of it to its end.
    pub fn parse(document: &str) -> Result<Self, RouteError> {
        Ok(serde_json::from_str(document)?)
    }

    /// Whether it is a segment that has ended: what a trace begins with and ends with.
    pub fn is_closed_segment(&self) -> bool {
        !self.is_subsegment && !self.in_progress && self.trace_id.is_some()
    }
}

fn subsegment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = Option::<Text<'de>>::deserialize(deserializer)?;
    Ok(text.is_some_and(|text| text.0 == "subsegment"))
}

fn lenient<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = Option::<Text<'de>>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.0.parse().ok()))
}

/// Borrows the text where it has no escapes, as ids never have.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_document_that_ends_too_early_is_an_error() {
        let whole =
            r#"{"id":"53995c3f42cd8ad8","name":"a","metadata":{"default":{"text":"é\"}"}}}"#;
        assert!(Route::parse(whole).is_ok());
        for cut in (0..whole.len()).filter(|cut| whole.is_char_boundary(*cut)) {
            assert!(Route::parse(&whole[..cut]).is_err(), "{cut}");
        }
        assert!(Route::parse(&format!("{whole}{whole}")).is_err());
    }

    #[test]
    fn ids_are_taken_from_the_top_level_only() {
        let route = Route::parse(r#"{"subsegments":[{"id":"aaaaaaaaaaaaaaaa"}],"in_progress":true,"id":"bbbbbbbbbbbbbbbb"}"#).unwrap();
        assert_eq!(route.id, "bbbbbbbbbbbbbbbb".parse().ok());
        assert!(route.in_progress);
        assert_eq!(route.trace_id, None);
    }

    #[test]
    fn a_malformed_id_is_no_id() {
        let route =
            Route::parse(r#"{"id":"b\n","trace_id":null,"parent_id":"\u0062bbbbbbbbbbbbbbb"}"#)
                .unwrap();
        assert_eq!((route.id, route.trace_id), (None, None));
        assert_eq!(route.parent_id, "bbbbbbbbbbbbbbbb".parse().ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = Route::parse(&text);
        }
    }
}
