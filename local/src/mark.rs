//! Words by which traces are found again: what a filter asks for, and what documents say, as numbers that a table can be searched by.
//!
//! A mark is a promise in one direction only: a trace of which a condition holds has the condition's mark, because some document
//! of it gave it. The other way round nothing is promised (a document may be replaced, two words may have one
//! number), so whoever finds a trace by its marks still asks the filter.

use serde_json::Value;

use crate::compile::Entity;
use crate::limits;

/// The number of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mark(pub(crate) i64);

impl Mark {
    /// Of traces that may have any mark.
    pub(crate) const ANY: Self = Self(0);
    /// Something has a fault.
    pub(crate) const FAULT: Self = Self(1);
    /// Something has an error.
    pub(crate) const ERROR: Self = Self(2);
    /// Something was throttled.
    pub(crate) const THROTTLE: Self = Self(3);

    /// Something has an annotation of this key.
    pub(crate) fn key(key: &str) -> Self {
        Self::new("key", key, b"")
    }

    /// Something has an annotation of this key and value; no value that is compared has none of these three types.
    pub(crate) fn annotation(key: &str, value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::new("text", key, text.as_bytes())),
            Value::Bool(flag) => Some(Self::new("flag", key, &[u8::from(*flag)])),
            Value::Number(number) => number.as_f64().map(|it| Self::number(key, it)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Something has an annotation of this key and number.
    pub(crate) fn number(key: &str, number: f64) -> Self {
        // Zero has two forms that are equal.
        Self::new("number", key, &(number + 0.0).to_le_bytes())
    }

    /// A service may have this name.
    pub(crate) fn service(name: &str) -> Self {
        Self::new("service", name, b"")
    }

    /// A service of this name may have a segment with this flag.
    pub(crate) fn flagged(flag: Self, name: &str) -> Self {
        Self::new("flagged", name, &flag.0.to_le_bytes())
    }

    /// A segment with this flag may be of any service.
    pub(crate) fn flagged_somewhere(flag: Self) -> Self {
        Self::new("flagged somewhere", "", &flag.0.to_le_bytes())
    }

    /// A segment may have this at this JSON pointer.
    pub(crate) fn field(pointer: &str, text: &str) -> Self {
        Self::new("field", pointer, text.as_bytes())
    }

    /// A segment may have answered so.
    pub(crate) fn status(status: u64) -> Self {
        Self::new("status", "", &status.to_le_bytes())
    }

    /// FNV-1a, which is the same in every version of this program: marks are stored.
    fn new(kind: &str, key: &str, value: &[u8]) -> Self {
        let parts = [kind.as_bytes(), b"\0", key.as_bytes(), b"\0", value];
        let bytes = parts.into_iter().flatten();
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash.cast_signed())
    }
}

/// Where a node's name may come from besides an entity's own.
const NAMES: [&str; 4] = [
    "/aws/table_name",
    "/aws/queue_url",
    "/aws/bucket_name",
    "/aws/function_name",
];
/// Texts that expressions compare.
pub(crate) const URL: &str = "/http/request/url";
/// Texts that expressions compare.
pub(crate) const USER: &str = "/user";

/// The marks that a document gives its trace, each once.
pub(crate) fn marks(document: &Value) -> Vec<Mark> {
    let mut marks = Vec::new();
    let document = Entity::new(document);
    if document.is_subsegment() {
        // Where it is a function's, Lambda's own segments are put around it, which say so, and have the flags of one
        // subsegment and the name of another.
        marks.push(Mark::status(200));
        marks.extend(flags(document).map(Mark::flagged_somewhere));
    }
    for entity in document.tree() {
        mark(entity, &mut marks);
        if marks.len() > limits::MARKS_PER_DOCUMENT * 4 {
            return vec![Mark::ANY];
        }
    }
    marks.sort_unstable();
    marks.dedup();
    if marks.len() > limits::MARKS_PER_DOCUMENT {
        return vec![Mark::ANY];
    }
    marks
}

fn mark(entity: Entity<'_>, marks: &mut Vec<Mark>) {
    for (key, value) in entity.annotations() {
        marks.push(Mark::key(key));
        marks.extend(Mark::annotation(key, value));
    }
    for name in names(entity) {
        marks.push(Mark::service(name));
        marks.extend(flags(entity).map(|flag| Mark::flagged(flag, name)));
    }
    marks.extend(flags(entity));
    for pointer in [URL, USER] {
        marks.extend(entity.text(pointer).map(|it| Mark::field(pointer, it)));
    }
    marks.extend(entity.http_status().map(Mark::status));
}

fn flags(entity: Entity<'_>) -> impl Iterator<Item = Mark> {
    let flags = [
        ("fault", Mark::FAULT),
        ("error", Mark::ERROR),
        ("throttle", Mark::THROTTLE),
    ];
    (flags.into_iter()).filter_map(move |(flag, mark)| entity.flag(flag).then_some(mark))
}

/// What the node of a segment may be called.
fn names(entity: Entity<'_>) -> impl Iterator<Item = &str> {
    let arns = ["/aws/function_arn", "/resource_arn"].into_iter();
    let function = move |arn: &'static str| entity.text(arn)?.split(':').nth(6);
    let fields = (NAMES.iter()).filter_map(move |it| entity.text(it));
    [entity.name()]
        .into_iter()
        .chain(fields)
        .chain(arns.filter_map(function))
}
