//! Segments as spans of OpenTelemetry, in the form in which Transaction Search keeps them (log group `aws/spans`).
//!
//! A segment is the span in which a service was asked (`SERVER`), a subsegment with a namespace one in which it asked another (`CLIENT`), any
//! other one is `INTERNAL`. Annotations become attributes under their own keys, and are named in `aws.xray.annotations`, as the collector's
//! exporter to X-Ray reads them.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value, json};
use xray_segment::TraceId;

use crate::compile::{Entity, Status};

/// A segment and each subsegment in it as spans, parents first, each with its id and as JSON.
pub(crate) fn spans(segment: &Value, trace: TraceId) -> Vec<(String, String)> {
    let segment = Entity::new(segment);
    let context = Context {
        trace: hexadecimal(trace),
        service: segment.name(),
        origin: segment.text("/origin"),
    };
    let mut spans = Vec::new();
    let parent = segment.text("/parent_id");
    add(segment, parent, "SERVER", &context, &mut spans);
    spans
}

/// What all spans of a segment share.
struct Context<'a> {
    trace: String,
    service: &'a str,
    origin: Option<&'a str>,
}

fn add(
    entity: Entity<'_>,
    parent: Option<&str>,
    kind: &'static str,
    context: &Context<'_>,
    spans: &mut Vec<(String, String)>,
) {
    let id = entity.text("/id").unwrap_or_default();
    let span = Span::new(entity, parent, kind, context);
    // Only maps whose keys are no strings fail, and there is none.
    let text = serde_json::to_string(&span).unwrap_or_default();
    spans.push((id.to_owned(), text));
    for inner in entity.subsegments() {
        let kind = match inner.text("/namespace") {
            Some("aws" | "remote") => "CLIENT",
            _ => "INTERNAL",
        };
        add(inner, Some(id), kind, context, spans);
    }
}

/// One span.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Span<'a> {
    resource: Resource<'a>,
    scope: Scope,
    trace_id: &'a str,
    #[serde(rename = "spanId")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<&'a str>,
    name: &'a str,
    kind: &'static str,
    start_time_unix_nano: u64,
    /// None while it is in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time_unix_nano: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_nano: Option<u64>,
    attributes: Map<String, Value>,
    events: Vec<Value>,
    status: Value,
}

#[derive(Serialize)]
struct Resource<'a> {
    attributes: ResourceAttributes<'a>,
}

#[derive(Serialize)]
struct ResourceAttributes<'a> {
    #[serde(rename = "service.name")]
    service: &'a str,
    #[serde(rename = "aws.xray.origin", skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
}

impl<'a> Span<'a> {
    fn new(
        entity: Entity<'a>,
        parent: Option<&'a str>,
        kind: &'static str,
        context: &'a Context<'a>,
    ) -> Self {
        let start = nanoseconds(entity.start().unwrap_or_default());
        let end = entity.end().map(nanoseconds);
        let code = match entity.status() {
            Status::Ok => "UNSET",
            _ => "ERROR",
        };
        Self {
            resource: Resource {
                attributes: ResourceAttributes {
                    service: context.service,
                    origin: context.origin,
                },
            },
            scope: Scope { name: "xray-local" },
            trace_id: &context.trace,
            id: entity.text("/id"),
            parent_span_id: parent,
            name: entity.name(),
            kind,
            start_time_unix_nano: start,
            end_time_unix_nano: end,
            duration_nano: end.map(|end| end.saturating_sub(start)),
            attributes: attributes(entity),
            events: entity
                .exceptions()
                .map(|it| exception(Entity::new(it), end.unwrap_or(start)))
                .collect(),
            status: json!({ "code": code }),
        }
    }
}

/// Fields of a document, and what OpenTelemetry calls them.
const NAMES: [(&str, &str); 13] = [
    ("/http/request/method", "http.request.method"),
    ("/http/request/url", "url.full"),
    ("/http/request/user_agent", "user_agent.original"),
    ("/http/request/client_ip", "client.address"),
    ("/http/response/status", "http.response.status_code"),
    ("/http/response/content_length", "http.response.body.size"),
    ("/aws/operation", "rpc.method"),
    ("/aws/region", "cloud.region"),
    ("/aws/request_id", "aws.request_id"),
    ("/aws/table_name", "aws.dynamodb.table_names"),
    ("/aws/queue_url", "aws.sqs.queue.url"),
    ("/sql/sanitized_query", "db.query.text"),
    ("/user", "enduser.id"),
];

fn attributes(entity: Entity<'_>) -> Map<String, Value> {
    let known = NAMES.iter().filter_map(|(pointer, name)| {
        let value = entity.at(pointer)?;
        Some(((*name).to_owned(), value.clone()))
    });
    let annotations = entity
        .annotations()
        .map(|(key, value)| (key.to_owned(), value.clone()));
    let mut all: Map<_, _> = known.chain(annotations).collect();
    let keys: Vec<_> = entity.annotations().map(|(key, _)| key).collect();
    if !keys.is_empty() {
        all.insert("aws.xray.annotations".to_owned(), json!(keys));
    }
    let metadata = entity.get("metadata").and_then(Value::as_object);
    for (namespace, values) in metadata.into_iter().flatten() {
        // Attributes have no structure: what has is JSON in a text, as the collector's receiver writes it.
        all.insert(
            format!("aws.xray.metadata.{namespace}"),
            values.to_string().into(),
        );
    }
    all
}

fn exception(exception: Entity<'_>, at: u64) -> Value {
    json!({
        "name": "exception",
        "timeUnixNano": at,
        "attributes": { "exception.type": exception.text("/type"), "exception.message": exception.text("/message") },
    })
}

/// The id as OpenTelemetry writes it: 32 digits.
fn hexadecimal(trace: TraceId) -> String {
    trace
        .as_bytes()
        .iter()
        .fold(String::with_capacity(32), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Whole microseconds: a float of seconds tells no more of a time of today.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "beyond the range of a time the nearest number is as good"
)]
fn nanoseconds(seconds: f64) -> u64 {
    ((seconds * 1e6).round() as u64).saturating_mul(1000)
}
