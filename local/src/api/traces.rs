//! `BatchGetTraces`: whole traces, compiled.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xray_segment::TraceId;

use super::Service;
use super::error::ApiError;
use super::request::Json;
use crate::clock::to_millis;
use crate::compile::compile;
use crate::constraint::count;
use crate::store::{Snapshot, StoreError};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    trace_ids: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    traces: Vec<WholeTrace>,
    unprocessed_trace_ids: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WholeTrace {
    id: TraceId,
    duration: f64,
    limit_exceeded: bool,
    segments: Vec<Segment>,
}

/// A segment; the document is JSON inside a JSON string, as the service sends it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Segment {
    id: String,
    document: String,
}

pub(super) async fn batch_get_traces(
    State(service): State<Arc<Service>>,
    Json(input): Json<Input>,
) -> Result<Json<Output>, ApiError> {
    count(
        "TraceIds",
        input.trace_ids.len(),
        service.limits.traces_per_batch,
    )?;
    let output = service
        .store
        .read(|snapshot| collect(snapshot, input.trace_ids))
        .await?;
    Ok(Json(output))
}

fn collect(snapshot: &Snapshot<'_>, ids: Vec<String>) -> Result<Output, StoreError> {
    let mut output = Output::default();
    for text in ids {
        let found = match TraceId::parse(&text) {
            Ok(id) => whole_trace(snapshot, id)?,
            Err(_) => None,
        };
        match found {
            Some(trace) => output.traces.push(trace),
            None => output.unprocessed_trace_ids.push(text),
        }
    }
    Ok(output)
}

fn whole_trace(snapshot: &Snapshot<'_>, id: TraceId) -> Result<Option<WholeTrace>, StoreError> {
    let Some(documents) = snapshot.trace(id)? else {
        return Ok(None);
    };
    let trace = compile(documents.bodies);
    let (start, end) = trace.span();
    Ok(Some(WholeTrace {
        id,
        duration: to_millis(end - start),
        limit_exceeded: documents.cut,
        segments: trace.segments.iter().map(segment).collect(),
    }))
}

fn segment(document: &Value) -> Segment {
    let id = document.get("id").and_then(Value::as_str);
    Segment {
        id: id.unwrap_or_default().to_owned(),
        document: document.to_string(),
    }
}
