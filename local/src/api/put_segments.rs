//! `PutTraceSegments`: each document is judged by itself; the call succeeds also when none of them is good.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xray_segment::name::legal_name;
use xray_segment::{EntityId, TraceId};

use super::Service;
use super::error::ApiError;
use super::request::Json;
use crate::clock;
use crate::compile::Entity;
use crate::limits;
use crate::store::Accepted;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    trace_segment_documents: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    unprocessed_trace_segments: Vec<Unprocessed>,
}

/// A document that was not taken, in the form and with the words of the service.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    error_code: &'static str,
    message: String,
}

pub(super) async fn put_trace_segments(
    State(service): State<Arc<Service>>,
    Json(input): Json<Input>,
) -> Result<Json<Output>, ApiError> {
    let mut output = Output::default();
    let mut accepted = Vec::with_capacity(input.trace_segment_documents.len());
    for document in input.trace_segment_documents {
        match accept(document) {
            Ok(document) => accepted.push(document),
            Err(unprocessed) => output.unprocessed_trace_segments.push(unprocessed),
        }
    }
    if !accepted.is_empty() {
        service.store.put(accepted, clock::now()).await?;
    }
    Ok(Json(output))
}

fn accept(body: String) -> Result<Accepted, Unprocessed> {
    if body.len() > limits::DOCUMENT_BYTES {
        return Err(refuse(&Value::Null, "DocumentTooLarge"));
    }
    let value: Value =
        serde_json::from_str(&body).map_err(|_| refuse(&Value::Null, "ParseError"))?;
    let checked = check(&value).map_err(|code| refuse(&value, code))?;
    Ok(Accepted { body, ..checked })
}

fn refuse(document: &Value, error_code: &'static str) -> Unprocessed {
    let entity = Entity::new(document);
    let kind = if entity.is_subsegment() {
        "subsegment"
    } else {
        "segment"
    };
    Unprocessed {
        id: entity.text("/id").map(str::to_owned),
        error_code,
        message: format!("Invalid {kind}. ErrorCode: {error_code}"),
    }
}

/// The fields without which a document has no place. Ids of any age are taken: W3C ones carry no time.
fn check(document: &Value) -> Result<Accepted, &'static str> {
    let entity = Entity::new(document);
    if !document.is_object() {
        return Err("ParseError");
    }
    let id = required(entity, "id", "MissingId", "InvalidId", EntityId::parse)?;
    let trace = required(
        entity,
        "trace_id",
        "MissingTraceId",
        "InvalidTraceId",
        TraceId::parse,
    )?;
    if entity.is_subsegment() {
        required(
            entity,
            "parent_id",
            "MissingParentId",
            "InvalidParentId",
            EntityId::parse,
        )?;
    }
    check_names(entity)?;
    let start =
        time(entity.get("start_time").ok_or("MissingStartTime")?).ok_or("InvalidStartTime")?;
    let end = match entity.get("end_time") {
        Some(end) => Some(time(end).ok_or("InvalidEndTime")?),
        None => None,
    };
    Ok(Accepted {
        trace,
        id,
        in_progress: entity.in_progress(),
        start,
        end: end.unwrap_or(start),
        body: String::new(),
    })
}

fn required<T, E>(
    entity: Entity<'_>,
    field: &str,
    missing: &'static str,
    invalid: &'static str,
    parse: fn(&str) -> Result<T, E>,
) -> Result<T, &'static str> {
    let text = entity.get(field).ok_or(missing)?.as_str().ok_or(invalid)?;
    parse(text).map_err(|_| invalid)
}

fn check_names(document: Entity<'_>) -> Result<(), &'static str> {
    for entity in document.tree() {
        let name = entity.get("name").ok_or("MissingName")?;
        let name = name.as_str().ok_or("InvalidName")?;
        if legal_name(name) != name {
            return Err("InvalidName");
        }
    }
    Ok(())
}

/// Epoch seconds. Milliseconds, a common mistake, lie thousands of years ahead.
fn time(value: &Value) -> Option<f64> {
    value.as_f64().filter(|it| (0.0..1e11).contains(it))
}
