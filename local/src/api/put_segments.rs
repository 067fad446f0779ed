//! `PutTraceSegments`: each document is judged by itself; the call succeeds also when none of them is good.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::Service;
use super::error::ApiError;
use super::request::Json;
use crate::clock;
use crate::constraint::count;
use crate::document::{Unfit, accept};

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

/// A document that was not taken.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    error_code: &'static str,
    message: String,
}

impl From<Unfit> for Unprocessed {
    fn from(unfit: Unfit) -> Self {
        Self {
            message: unfit.to_string(),
            id: unfit.id,
            error_code: unfit.code,
        }
    }
}

pub(super) async fn put_trace_segments(
    State(service): State<Arc<Service>>,
    Json(input): Json<Input>,
) -> Result<Json<Output>, ApiError> {
    let documents = input.trace_segment_documents;
    let limits = &service.limits;
    count(
        "TraceSegmentDocuments",
        documents.len(),
        limits.documents_per_call,
    )?;
    let now = clock::now();
    let mut output = Output::default();
    let mut accepted = Vec::with_capacity(documents.len());
    for document in documents {
        match accept(document, limits, now) {
            Ok(document) => accepted.push(document),
            Err(unfit) => output.unprocessed_trace_segments.push(unfit.into()),
        }
    }
    if !accepted.is_empty() {
        service.store.put(accepted, now).await?;
    }
    Ok(Json(output))
}
