//! Segment and subsegment documents, every field of the format.
//!
//! One type for both, as the format has it: a subsegment that is sent by itself is a segment document with
//! `type: "subsegment"` and a `parent_id`. Texts may be borrowed, so that writing a document copies nothing; a parsed document owns
//! its texts. The constructors and setters make names and keys legal ([`crate::name`]); the fields are open for those who know better.

mod annotation;
mod aws;
mod cause;
mod http;
mod sql;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use annotation::{AnnotationValue, Annotations};
pub use aws::{Aws, CloudWatchLogs, Ec2, Ecs, Eks, ElasticBeanstalk, XRay};
pub use cause::{Cause, CauseDetail, Exception, StackFrame};
pub use http::{Http, HttpRequest, HttpResponse};
pub use sql::{Preparation, Sql};

use crate::name::legal_name;
use crate::{EntityId, Timestamp, TraceId};

/// A text of a document: borrowed when it is written, owned when it was parsed.
pub type Text<'a> = Cow<'a, str>;

/// Metadata: namespace, key, any JSON.
pub type Metadata<'a> = BTreeMap<Text<'a>, Map<String, Value>>;

/// A segment document, or a subsegment within one or sent by itself.
///
/// ```
/// use xray_segment::{Document, EntityId, Timestamp, TraceId};
///
/// let mut document = Document::subsegment("charge", EntityId::from_bytes([1; 8]), Timestamp::from_micros(1_700_000_000_000_000))
///     .of_trace(TraceId::from_bytes([2; 16]), EntityId::from_bytes([3; 8]));
/// document.annotations.insert("order", "42");
/// document.end(Timestamp::from_micros(1_700_000_000_005_000));
/// assert_eq!(
///     document.to_json(),
///     r#"{"name":"charge","id":"0101010101010101","trace_id":"1-02020202-020202020202020202020202","parent_id":"0303030303030303","type":"subsegment","start_time":1700000000.0,"end_time":1700000000.005,"annotations":{"order":"42"}}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document<'a> {
    /// The service's or the work's name, at most 200 characters.
    pub name: Text<'a>,
    /// The document's own id.
    pub id: EntityId,
    /// The trace: on a segment and on a subsegment sent by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
    /// The segment or subsegment above: on a subsegment sent by itself, and on a segment that was called by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<EntityId>,
    /// Present on a subsegment that is sent by itself.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// When the work began.
    pub start_time: Timestamp,
    /// Whether and when it ended.
    #[serde(flatten)]
    pub state: State,
    /// Where a subsegment's call went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Namespace>,
    /// The caller was wrong: a status of 400 to 499.
    #[serde(default, skip_serializing_if = "is_false")]
    pub error: bool,
    /// The callee was wrong: a status of 500 to 599, an exception.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fault: bool,
    /// The caller asked too often: a status of 429; goes with `error`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub throttle: bool,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause<'a>>,
    /// The HTTP request served or made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Box<Http<'a>>>,
    /// The AWS resource, or the AWS call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<Box<Aws<'a>>>,
    /// The query of a subsegment that calls a SQL database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<Box<Sql<'a>>>,
    /// What X-Ray indexes for search.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations<'a>,
    /// What X-Ray only keeps, by namespace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: Metadata<'a>,
    /// The application that wrote the segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Box<Service<'a>>>,
    /// Who made the request, at most 250 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Text<'a>>,
    /// What kind of AWS resource runs the application, such as `AWS::Lambda::Function`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Text<'a>>,
    /// The resource that runs the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<Text<'a>>,
    /// Other traces this one continues, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link<'a>>,
    /// Subsegments of the same parent that were done before this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precursor_ids: Vec<EntityId>,
    /// The work within this work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subsegments: Vec<Document<'a>>,
}

impl<'a> Document<'a> {
    /// A segment in progress, its name made legal.
    pub fn segment(
        name: impl Into<Text<'a>>,
        id: EntityId,
        trace_id: TraceId,
        start: Timestamp,
    ) -> Self {
        Self {
            trace_id: Some(trace_id),
            ..Self::subsegment(name, id, start)
        }
    }

    /// A subsegment in progress, to be nested into another document; its name made legal.
    pub fn subsegment(name: impl Into<Text<'a>>, id: EntityId, start: Timestamp) -> Self {
        Self {
            name: legal_text(name.into()),
            id,
            trace_id: None,
            parent_id: None,
            kind: None,
            start_time: start,
            state: State::InProgress,
            namespace: None,
            error: false,
            fault: false,
            throttle: false,
            cause: None,
            http: None,
            aws: None,
            sql: None,
            annotations: Annotations::default(),
            metadata: BTreeMap::new(),
            service: None,
            user: None,
            origin: None,
            resource_arn: None,
            links: Vec::new(),
            precursor_ids: Vec::new(),
            subsegments: Vec::new(),
        }
    }

    /// Makes a subsegment one that is sent by itself, beneath `parent`.
    #[must_use]
    pub fn of_trace(self, trace: TraceId, parent: EntityId) -> Self {
        Self {
            trace_id: Some(trace),
            parent_id: Some(parent),
            kind: Some(Kind::Subsegment),
            ..self
        }
    }

    /// Ends the work.
    pub fn end(&mut self, at: Timestamp) {
        self.state = State::Ended(at);
    }

    /// Sets the flags that belong to an HTTP status: 429 is a throttle and an error, 4xx an error, 5xx a fault.
    pub fn flag_status(&mut self, status: u16) {
        self.throttle |= status == 429;
        self.error |= (400..500).contains(&status);
        self.fault |= (500..600).contains(&status);
    }

    /// Adds to the metadata; a value that stands there already is replaced.
    pub fn add_metadata(
        &mut self,
        namespace: impl Into<Text<'a>>,
        key: impl Into<String>,
        value: impl Into<Value>,
    ) {
        self.metadata
            .entry(namespace.into())
            .or_default()
            .insert(key.into(), value.into());
    }

    /// Writes the document as JSON to the end of `out`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let written = serde_json::to_writer(out, self);
        debug_assert!(
            written.is_ok(),
            "all keys are text, and memory takes every byte"
        );
    }

    /// The document as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn legal_text(name: Text<'_>) -> Text<'_> {
    match name {
        Cow::Borrowed(name) => legal_name(name),
        Cow::Owned(name) => match legal_name(&name) {
            Cow::Borrowed(legal) if legal.len() == name.len() => Cow::Owned(name),
            legal => Cow::Owned(legal.into_owned()),
        },
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What `type` says of a document sent by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Not a segment, though it is sent like one.
    Subsegment,
}

/// Whether the work has ended: `end_time`, or `in_progress: true`, never both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StateFields", into = "StateFields")]
pub enum State {
    /// Its document will be replaced by one that has ended.
    InProgress,
    /// At this time.
    Ended(Timestamp),
}

#[derive(Serialize, Deserialize)]
struct StateFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_false")]
    in_progress: bool,
}

impl From<StateFields> for State {
    fn from(fields: StateFields) -> Self {
        fields.end_time.map_or(Self::InProgress, Self::Ended)
    }
}

impl From<State> for StateFields {
    fn from(state: State) -> Self {
        match state {
            State::InProgress => Self {
                end_time: None,
                in_progress: true,
            },
            State::Ended(at) => Self {
                end_time: Some(at),
                in_progress: false,
            },
        }
    }
}

/// Where a subsegment's call went to; X-Ray draws a node for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Namespace {
    /// An AWS service, by the SDK.
    Aws,
    /// Any other service or database.
    Remote,
}

/// The application that wrote a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service<'a> {
    /// The application's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Text<'a>>,
    /// The language's runtime, such as `rustc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Text<'a>>,
    /// The runtime's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_version: Option<Text<'a>>,
    /// The compiler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compiler: Option<Text<'a>>,
    /// The compiler's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compiler_version: Option<Text<'a>>,
}

/// Another trace this one continues, such as that of a message in a batch.
///
/// Not documented by AWS; emitted by the OpenTelemetry collector's X-Ray exporter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link<'a> {
    /// The other trace.
    pub trace_id: TraceId,
    /// The segment or subsegment in it.
    pub id: EntityId,
    /// What is to be said of the link.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<Text<'a>, Value>,
}
