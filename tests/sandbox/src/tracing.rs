//! Who sees which trace header in an invocation.
//!
//! The Lambda service opens a function segment and, in it, an `Invocation` subsegment. The INVOKE event of an
//! extension names the segment as the parent, the runtime's header names the subsegment: two headers of one trace.

use serde::Serialize;

use crate::ids::{self, NoRandomness};

/// What an invocation brings along as its trace header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Trace {
    /// A new trace that is sampled: what active tracing does to a request without a header.
    #[default]
    Sampled,
    /// A new trace that is not sampled.
    Unsampled,
    /// The header of an upstream service. Root, Sampled and Lineage go on and the parents become Lambda's own;
    /// with no Root or no Sampled in it the runtime gets no header at all.
    Upstream(String),
    /// This text, unchanged, to the runtime and to the extensions: pass-through tracing, and hostile headers. Control
    /// characters cannot be in a header of HTTP: with one of them the runtime gets none.
    Verbatim(String),
    /// No header for anyone.
    Absent,
}

/// The trace headers one invocation was given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tracing {
    /// The trace id, `1-<8 hex>-<24 hex>`: the Root of the headers, if they have one.
    pub trace_id: Option<String>,
    /// `Lambda-Runtime-Trace-Id` as the runtime got it; its Parent is the `Invocation` subsegment.
    pub function_header: Option<String>,
    /// `tracing.value` of the INVOKE event; its Parent is the function segment.
    pub extension_header: Option<String>,
}

impl Tracing {
    /// The id of Lambda's function segment.
    pub fn function_segment(&self) -> Option<&str> {
        self.extension_header
            .as_deref()
            .and_then(|header| field(header, "Parent"))
    }

    /// The id of Lambda's `Invocation` subsegment, the parent of what the function records.
    pub fn invocation_subsegment(&self) -> Option<&str> {
        self.function_header
            .as_deref()
            .and_then(|header| field(header, "Parent"))
    }

    /// Whether telemetry records speak of the trace: only of a sampled one.
    pub(crate) fn is_sampled(&self) -> bool {
        let header = self.extension_header.as_deref().unwrap_or_default();
        field(header, "Root").is_some() && field(header, "Sampled") == Some("1")
    }

    pub(crate) fn new(trace: Trace) -> Result<Self, NoRandomness> {
        match trace {
            Trace::Sampled => Self::of_root(&ids::trace_id()?, "Sampled=1"),
            Trace::Unsampled => Self::of_root(&ids::trace_id()?, "Sampled=0"),
            Trace::Upstream(header) => Self::continued(header),
            Trace::Verbatim(header) => Ok(Self::passed_through(&header)),
            Trace::Absent => Ok(Self::default()),
        }
    }

    fn of_root(root: &str, rest: &str) -> Result<Self, NoRandomness> {
        let header = |parent: String| format!("Root={root};Parent={parent};{rest}");
        Ok(Self {
            trace_id: Some(root.to_owned()),
            function_header: Some(header(ids::segment_id()?)),
            extension_header: Some(header(ids::segment_id()?)),
        })
    }

    fn continued(header: String) -> Result<Self, NoRandomness> {
        let (Some(root), Some(sampled)) = (field(&header, "Root"), field(&header, "Sampled"))
        else {
            let trace_id = field(&header, "Root").map(str::to_owned);
            return Ok(Self {
                trace_id,
                function_header: None,
                extension_header: Some(header),
            });
        };
        match field(&header, "Lineage") {
            Some(lineage) => Self::of_root(root, &format!("Sampled={sampled};Lineage={lineage}")),
            None => Self::of_root(root, &format!("Sampled={sampled}")),
        }
    }

    fn passed_through(header: &str) -> Self {
        let text = (!header.is_empty()).then(|| header.to_owned());
        Self {
            trace_id: field(header, "Root").map(str::to_owned),
            function_header: text.clone(),
            extension_header: text,
        }
    }
}

/// The value of a field of a header, if it is there and not empty.
fn field<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = header
        .split(';')
        .filter_map(|part| part.trim().split_once('='));
    fields
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_two_headers_are_of_one_trace_and_have_two_parents() {
        let tracing = Tracing::new(Trace::Sampled).unwrap();
        let root = tracing.trace_id.clone().unwrap();
        assert!(
            tracing
                .function_header
                .as_ref()
                .unwrap()
                .starts_with(&format!("Root={root};Parent="))
        );
        assert!(
            tracing
                .extension_header
                .as_ref()
                .unwrap()
                .starts_with(&format!("Root={root};Parent="))
        );
        assert_ne!(tracing.function_segment(), tracing.invocation_subsegment());
        assert!(tracing.is_sampled());
    }

    #[test]
    fn an_upstream_header_keeps_all_but_its_parent() {
        let upstream = "Self=1-2-3; Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:1";
        let tracing = Tracing::new(Trace::Upstream(upstream.into())).unwrap();
        let header = tracing.function_header.clone().unwrap();
        assert!(
            header.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;Parent="),
            "{header}"
        );
        assert!(header.ends_with(";Sampled=0;Lineage=a:1"), "{header}");
        assert!(!header.contains("53995c3f42cd8ad8"), "{header}");
        assert!(!tracing.is_sampled());
    }

    #[test]
    fn a_root_alone_gives_the_runtime_nothing() {
        let tracing = Tracing::new(Trace::Upstream(
            "Root=1-5759e988-bd862e3fe1be46a994272793".into(),
        ))
        .unwrap();
        assert_eq!(tracing.function_header, None);
        assert!(tracing.extension_header.is_some());
    }

    #[test]
    fn verbatim_is_verbatim_and_absent_is_absent() {
        let tracing = Tracing::new(Trace::Verbatim(";;no header=".into())).unwrap();
        assert_eq!(tracing.function_header.as_deref(), Some(";;no header="));
        assert_eq!(tracing.trace_id, None);
        assert_eq!(Tracing::new(Trace::Absent).unwrap(), Tracing::default());
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(header in ".*") {
            let tracing = Tracing::new(Trace::Verbatim(header.clone())).unwrap();
            let expected = (!header.is_empty()).then_some(header.clone());
            prop_assert_eq!(tracing.function_header, expected.clone());
            prop_assert_eq!(tracing.extension_header, expected);
            Tracing::new(Trace::Upstream(header)).unwrap();
        }

        #[test]
        fn what_goes_on_keeps_its_root_and_sampling(
            root in "[0-9a-f-]{1,40}",
            sampled in "[01?]",
            noise in "[ ;a-zA-Z=]{0,20}",
        ) {
            let header = format!("Sampled={sampled};Root={root};{noise}");
            let tracing = Tracing::new(Trace::Upstream(header)).unwrap();
            let function_header = tracing.function_header.unwrap();
            prop_assert_eq!(field(&function_header, "Root"), Some(root.as_str()));
            prop_assert_eq!(field(&function_header, "Sampled"), Some(sampled.as_str()));
        }
    }
}
