//! The trace header: `X-Amzn-Trace-Id` between services, `Lambda-Runtime-Trace-Id` and `_X_AMZN_TRACE_ID` in Lambda,
//! `AWSTraceHeader` on an SQS message.
//!
//! Read as leniently as the most lenient SDK reads it (any order, spaces, empty parts, keys of either case, `=` in a
//! value), because a header refused is a trace cut in two. `Lineage`, which Lambda's recursion detection counts by, and
//! every key we do not know go on verbatim; `Self`, which a load balancer adds for itself, does not. A `Root` or
//! `Parent` that is no id is treated as absent: the Java and Node SDKs make up another one and so connect the request to nothing.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{EntityId, TraceId};

/// Why a header is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Without a root there is no trace to take part in.
    #[error("the trace header has no Root, so this request belongs to no trace")]
    NoRoot,
    /// A root that is no trace id.
    #[error(
        "the Root of the trace header is no trace id (1-8 digits-24 digits), so this request belongs to no trace"
    )]
    BadRoot,
}

/// The sampling decision as the header tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sampled {
    /// `Sampled=1`: the trace is recorded.
    Yes,
    /// `Sampled=0`: it is not.
    No,
    /// `Sampled=?`: the receiver is asked to decide and to answer.
    Asked,
    /// Nothing said.
    #[default]
    Unsaid,
}

impl Sampled {
    fn parse(value: &str) -> Self {
        match value {
            "1" => Self::Yes,
            "0" => Self::No,
            "?" => Self::Asked,
            _ => Self::Unsaid,
        }
    }
}

/// What a header means for the one who receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Record under this parent.
    Record {
        /// The trace.
        root: TraceId,
        /// The segment or subsegment above.
        parent: EntityId,
    },
    /// Record nothing; pass the header on, so that what comes after can decide or knows the decision.
    PassOn,
}

/// A trace header, parsed.
///
/// ```
/// use xray_segment::{Sampled, TraceHeader};
///
/// let header: TraceHeader =
///     "Root=1-5759e988-bd862e3fe1be46a994272793; Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1|b:2".parse()?;
/// assert_eq!(header.sampled, Sampled::Yes);
/// assert_eq!(
///     header.to_string(),
///     "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1|b:2",
/// );
/// # Ok::<(), xray_segment::HeaderError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceHeader {
    /// The trace.
    pub root: TraceId,
    /// The segment or subsegment the request comes from.
    pub parent: Option<EntityId>,
    /// The sampling decision.
    pub sampled: Sampled,
    /// `Lineage` and the keys we do not know, as they came: `Lineage=a:1;Foo=bar`.
    extra: String,
}

impl TraceHeader {
    /// A header with nothing but a trace in it.
    pub const fn new(root: TraceId) -> Self {
        Self {
            root,
            parent: None,
            sampled: Sampled::Unsaid,
            extra: String::new(),
        }
    }

    /// Parses a header; of a key that stands there twice, the last one counts.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        let mut header = None;
        let mut parent = None;
        let mut sampled = Sampled::Unsaid;
        let mut extra = String::new();
        for (key, value) in pairs(text) {
            if key.eq_ignore_ascii_case("root") {
                header = Some(TraceId::parse(value));
            } else if key.eq_ignore_ascii_case("parent") {
                parent = EntityId::parse(value).ok();
            } else if key.eq_ignore_ascii_case("sampled") {
                sampled = Sampled::parse(value);
            } else if !key.eq_ignore_ascii_case("self") {
                push_pair(&mut extra, key, value);
            }
        }
        let root = header
            .ok_or(HeaderError::NoRoot)?
            .map_err(|_| HeaderError::BadRoot)?;
        Ok(Self {
            root,
            parent,
            sampled,
            extra,
        })
    }

    /// Whether to record, and beneath what. A header with only a root (a function without tracing) is passed on.
    pub fn decision(&self) -> Decision {
        match (self.sampled, self.parent) {
            (Sampled::Yes, Some(parent)) => Decision::Record {
                root: self.root,
                parent,
            },
            _ => Decision::PassOn,
        }
    }

    /// The same header for a call made from `parent`.
    #[must_use]
    pub fn with_parent(&self, parent: EntityId) -> Self {
        Self {
            parent: Some(parent),
            ..self.clone()
        }
    }

    /// The same header with the decision made.
    #[must_use]
    pub fn with_decision(self, sampled: bool) -> Self {
        Self {
            sampled: if sampled { Sampled::Yes } else { Sampled::No },
            ..self
        }
    }

    /// The value of `Lineage` or of another key that is not ours, as it came.
    pub fn extra(&self, key: &str) -> Option<&str> {
        pairs(&self.extra)
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }
}

/// The `key=value` parts, trimmed, split at the first `=`; parts without one are left out.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(';')
        .filter_map(|part| part.split_once('='))
        .map(|(key, value)| (key.trim(), value.trim()))
        .filter(|(key, _)| !key.is_empty())
}

fn push_pair(text: &mut String, key: &str, value: &str) {
    if !text.is_empty() {
        text.push(';');
    }
    text.push_str(key);
    text.push('=');
    text.push_str(value);
}

impl FromStr for TraceHeader {
    type Err = HeaderError;

    fn from_str(text: &str) -> Result<Self, HeaderError> {
        Self::parse(text)
    }
}

impl fmt::Display for TraceHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={}", self.root)?;
        if let Some(parent) = self.parent {
            write!(f, ";Parent={parent}")?;
        }
        match self.sampled {
            Sampled::Yes => f.write_str(";Sampled=1")?,
            Sampled::No => f.write_str(";Sampled=0")?,
            Sampled::Asked => f.write_str(";Sampled=?")?,
            Sampled::Unsaid => {}
        }
        if self.extra.is_empty() {
            return Ok(());
        }
        write!(f, ";{}", self.extra)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

    #[track_caller]
    fn check(text: &str, printed: &str) {
        let header = TraceHeader::parse(text).unwrap();
        assert_eq!(header.to_string(), printed);
        assert_eq!(TraceHeader::parse(printed), Ok(header));
    }

    #[test]
    fn reads_what_the_most_lenient_sdk_reads() {
        let all = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1");
        check(&all, &all);
        check(
            &format!("Sampled=1; Parent = 53995c3f42cd8ad8 ;Root={ROOT}"),
            &all,
        );
        check(&format!(";;{};;;", all.replace(';', ";;;")), &all);
        check(&format!("junk;{all};=x"), &all);
        check(
            &format!("root={ROOT};PARENT=53995C3F42CD8AD8;sampled=1"),
            &all,
        );
        check(
            &format!("Self=1-67891234-12456789abcdef012345678;{all}"),
            &all,
        );
        check(
            &format!("Root={ROOT};Sampled=?"),
            &format!("Root={ROOT};Sampled=?"),
        );
        check(
            &format!("Root={ROOT};Sampled=0"),
            &format!("Root={ROOT};Sampled=0"),
        );
        check(&format!("Root={ROOT};Parent=foo"), &format!("Root={ROOT}"));
    }

    #[test]
    fn lineage_and_unknown_keys_go_on_as_they_came() {
        let text = format!("Root={ROOT};Lineage=a87bd80c:1|68fd508a:5;Foo=a=b;lineage=x,y");
        check(&text, &text);
        let header = TraceHeader::parse(&text).unwrap();
        assert_eq!(header.extra("Lineage"), Some("a87bd80c:1|68fd508a:5"));
        assert_eq!(header.extra("Foo"), Some("a=b"));
        assert_eq!(header.extra("Bar"), None);
    }

    #[test]
    fn without_a_root_there_is_no_header() {
        assert_eq!(TraceHeader::parse(""), Err(HeaderError::NoRoot));
        assert_eq!(TraceHeader::parse("Sampled=1"), Err(HeaderError::NoRoot));
        assert_eq!(TraceHeader::parse("Root=1-2-3"), Err(HeaderError::BadRoot));
    }

    #[test]
    fn only_a_sampled_header_with_a_parent_is_recorded() {
        let decide = |rest: &str| {
            TraceHeader::parse(&format!("Root={ROOT}{rest}"))
                .unwrap()
                .decision()
        };
        assert!(matches!(
            decide(";Parent=53995c3f42cd8ad8;Sampled=1"),
            Decision::Record { .. }
        ));
        for rest in [
            "",
            ";Sampled=1",
            ";Parent=53995c3f42cd8ad8",
            ";Parent=53995c3f42cd8ad8;Sampled=0",
        ] {
            assert_eq!(decide(rest), Decision::PassOn, "{rest}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_parsed_prints_back_the_same(
            parts in proptest::collection::vec("(Root|Parent|Sampled|Self|Lineage|[a-zA-Z]{0,3}) ?= ?[ -~]{0,40}", 0..6),
            at in 0_usize..6,
        ) {
            let mut parts = parts;
            parts.insert(at.min(parts.len()), format!("Root={ROOT}"));
            if let Ok(header) = TraceHeader::parse(&parts.join(";")) {
                let printed = header.to_string();
                let again = TraceHeader::parse(&printed).unwrap();
                prop_assert_eq!(again.to_string(), printed);
                prop_assert_eq!(again, header);
            }
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = TraceHeader::parse(&text);
        }
    }
}
