//! Segments for what was called and sent nothing itself: a database, a queue, a host outside.
//!
//! The caller's subsegment (namespace `aws` or `remote`) says all that is known of it. A real segment of the called
//! service takes the place of the inferred one, also when it comes late.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use xray_segment::EntityId;

use super::{Entity, lambda};

/// What an inferred segment takes over from the subsegment.
const COPIED: [&str; 11] = [
    "name",
    "start_time",
    "end_time",
    "in_progress",
    "error",
    "fault",
    "throttle",
    "cause",
    "http",
    "aws",
    "sql",
];

/// The services that write their name in more than one way, as X-Ray's types spell them.
const SPELLED: [&str; 5] = ["DynamoDB", "SQS", "SNS", "S3", "Lambda"];

/// An inferred segment for each call in `segments` that no segment answers.
pub(super) fn segments(segments: &[Value]) -> Vec<Value> {
    let answered: HashSet<EntityId> = (segments.iter())
        .filter_map(|it| Entity::new(it).parent())
        .collect();
    let mut inferred = Vec::new();
    for segment in segments {
        let trace_id = segment.get("trace_id");
        let calls = Entity::new(segment)
            .tree()
            .skip(1)
            .filter(|it| is_call(*it));
        for call in calls {
            if let Some(id) = call.id().filter(|id| !answered.contains(id)) {
                inferred.push(infer(call, id, trace_id));
            }
        }
    }
    inferred
}

/// A downstream service that was given the trace (`traced`) will speak for itself.
fn is_call(subsegment: Entity<'_>) -> bool {
    let is_remote = matches!(subsegment.text("/namespace"), Some("aws" | "remote"));
    is_remote && !subsegment.is_traced()
}

fn infer(call: Entity<'_>, id: EntityId, trace_id: Option<&Value>) -> Value {
    let mut fields = Map::new();
    for field in COPIED {
        fields.extend(
            call.get(field)
                .map(|value| (field.to_owned(), value.clone())),
        );
    }
    fields.insert("id".to_owned(), json!(lambda::other_id(id)));
    fields.insert("parent_id".to_owned(), json!(id));
    fields.insert("inferred".to_owned(), json!(true));
    fields.extend(trace_id.map(|it| ("trace_id".to_owned(), it.clone())));
    fields.extend(origin(call).map(|it| ("origin".to_owned(), json!(it))));
    Value::Object(fields)
}

/// X-Ray's type for what was called; a plain host has none.
fn origin(call: Entity<'_>) -> Option<String> {
    if call.text("/namespace") == Some("remote") {
        return call.get("sql").map(|_| "Database::SQL".to_owned());
    }
    let name = call.name();
    let spelled = SPELLED.iter().find(|it| it.eq_ignore_ascii_case(name));
    let has = |field| call.text(field).is_some();
    Some(match spelled.copied().unwrap_or(name) {
        "DynamoDB" if has("/aws/table_name") => "AWS::DynamoDB::Table".to_owned(),
        "SQS" if has("/aws/queue_url") => "AWS::SQS::Queue".to_owned(),
        "S3" if has("/aws/bucket_name") => "AWS::S3::Bucket".to_owned(),
        service => format!("AWS::{service}"),
    })
}

/// The name of an inferred segment's node: the table, the queue, the bucket, the function, where it is known.
pub(super) fn node_name(segment: Entity<'_>) -> &str {
    let own = match segment.text("/origin") {
        Some("AWS::DynamoDB::Table") => segment.text("/aws/table_name"),
        Some("AWS::SQS::Queue") => segment.text("/aws/queue_url"),
        Some("AWS::S3::Bucket") => segment.text("/aws/bucket_name"),
        Some("AWS::Lambda") => segment.text("/aws/function_name"),
        _ => None,
    };
    own.unwrap_or_else(|| segment.name())
}
