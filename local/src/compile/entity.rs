//! One segment or subsegment, read tolerantly: whatever is missing or of another type is simply not there.
//!
//! Documents stay [`Value`]s, because a client must get back also the fields this program does not know.

use serde_json::Value;
use xray_segment::EntityId;

/// A segment or subsegment inside a document.
#[derive(Clone, Copy, Debug)]
pub struct Entity<'a>(&'a Value);

/// How a segment or subsegment went. The worst that is said of it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Neither error nor fault.
    #[default]
    Ok,
    /// The client's mistake (4xx).
    Error,
    /// The client's, by asking too often (429).
    Throttle,
    /// The service's (5xx).
    Fault,
}

impl Status {
    /// The word for it, as X-Ray's filter expressions write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Throttle => "throttle",
            Self::Fault => "fault",
        }
    }
}

impl<'a> Entity<'a> {
    /// Looks at a document or at one of its subsegments.
    pub const fn new(value: &'a Value) -> Self {
        Self(value)
    }

    /// A field of the document.
    pub fn get(self, field: &str) -> Option<&'a Value> {
        self.0.get(field)
    }

    /// A field at a JSON pointer through objects, without escapes.
    pub fn at(self, pointer: &str) -> Option<&'a Value> {
        // [`Value::pointer`] makes two texts of each name, and this is asked of every entity many times.
        let mut names = pointer.split('/').skip(1);
        names.try_fold(self.0, |value, name| value.get(name))
    }

    /// A field at a JSON pointer, as text.
    pub fn text(self, pointer: &str) -> Option<&'a str> {
        self.at(pointer)?.as_str()
    }

    /// Its id.
    pub fn id(self) -> Option<EntityId> {
        EntityId::parse(self.text("/id")?).ok()
    }

    /// The id of what called it.
    pub fn parent(self) -> Option<EntityId> {
        EntityId::parse(self.text("/parent_id")?).ok()
    }

    /// Its name; empty when there is none.
    pub fn name(self) -> &'a str {
        self.text("/name").unwrap_or_default()
    }

    /// When it began, in epoch seconds.
    pub fn start(self) -> Option<f64> {
        self.get("start_time")?.as_f64()
    }

    /// When it ended, in epoch seconds; `None` while it is in progress.
    pub fn end(self) -> Option<f64> {
        self.get("end_time")?.as_f64()
    }

    /// It has begun and not ended.
    pub fn in_progress(self) -> bool {
        self.flag("in_progress") || self.end().is_none()
    }

    /// It was sent by itself, to be placed under its parent.
    pub fn is_subsegment(self) -> bool {
        self.text("/type") == Some("subsegment")
    }

    /// A field that is `true`.
    pub fn flag(self, field: &str) -> bool {
        self.get(field).and_then(Value::as_bool) == Some(true)
    }

    /// The status of its HTTP response.
    pub fn http_status(self) -> Option<u64> {
        self.at("/http/response/status")?.as_u64()
    }

    /// How it went, by its flags.
    pub fn status(self) -> Status {
        if self.flag("fault") {
            Status::Fault
        } else if self.flag("throttle") {
            Status::Throttle
        } else if self.flag("error") {
            Status::Error
        } else {
            Status::Ok
        }
    }

    /// It stands for a service that sent nothing itself, and repeats what its caller's subsegment says.
    pub fn is_inferred(self) -> bool {
        self.flag("inferred")
    }

    /// It passed the trace on to what it called.
    pub(super) fn is_traced(self) -> bool {
        self.at("/http/request/traced") == Some(&Value::Bool(true))
    }

    /// Its annotations.
    pub fn annotations(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let map = self.get("annotations").and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value))
    }

    /// The exceptions of its cause.
    pub fn exceptions(self) -> impl Iterator<Item = &'a Value> {
        let list = self.at("/cause/exceptions").and_then(Value::as_array);
        list.into_iter().flatten()
    }

    /// Its direct subsegments.
    pub fn subsegments(self) -> impl DoubleEndedIterator<Item = Self> {
        let list = self.get("subsegments").and_then(Value::as_array);
        list.into_iter().flatten().map(Self)
    }

    /// Itself and everything inside it, each before what it contains.
    pub fn tree(self) -> impl Iterator<Item = Self> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            waiting.extend(next.subsegments().rev());
            Some(next)
        })
    }
}
