//! `StartTraceRetrieval`, `ListRetrievedTraces`, `GetRetrievedTracesGraph` and `CancelTraceRetrieval`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use super::error::ApiError;
use super::request::{Json, When};
use super::token::Token;
use crate::graph;
use crate::retrieval::{self, Format, Place, Retrieved, Status};
use crate::store::{Snapshot, StoreError};
use crate::{clock, limits};

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/StartTraceRetrieval", post(start))
        .route("/ListRetrievedTraces", post(list))
        .route("/GetRetrievedTracesGraph", post(get_graph))
        .route("/CancelTraceRetrieval", post(cancel))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Start {
    trace_ids: Vec<String>,
    #[serde(rename = "StartTime")]
    from: When,
    #[serde(rename = "EndTime")]
    to: When,
}

async fn start(
    State(service): State<Arc<Service>>,
    Json(input): Json<Start>,
) -> Result<Json<Value>, ApiError> {
    let (When(from), When(to)) = (input.from, input.to);
    let now = clock::now();
    let token = service
        .store
        .change(move |shelf| retrieval::start(shelf, &input.trace_ids, (from, to), now))
        .await?;
    Ok(Json(json!({ "RetrievalToken": token })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cancel {
    retrieval_token: String,
}

async fn cancel(
    State(service): State<Arc<Service>>,
    Json(input): Json<Cancel>,
) -> Result<Json<Value>, ApiError> {
    service
        .store
        .change(move |shelf| retrieval::cancel(shelf, &input.retrieval_token))
        .await?;
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    retrieval_token: String,
    #[serde(default)]
    trace_format: Format,
    #[serde(flatten)]
    token: Token,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    retrieval_status: Status,
    trace_format: Format,
    traces: Vec<Retrieved>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

async fn list(
    State(service): State<Arc<Service>>,
    Json(input): Json<List>,
) -> Result<Json<Page>, ApiError> {
    let place = input.token.read(read)?.unwrap_or_default();
    let now = clock::now();
    let page = service
        .store
        .read(move |snapshot| {
            page(
                snapshot,
                &input.retrieval_token,
                (place, input.trace_format),
                now,
            )
        })
        .await?;
    Ok(Json(page?))
}

fn page(
    snapshot: &Snapshot<'_>,
    token: &str,
    (place, format): (Place, Format),
    now: f64,
) -> Result<Result<Page, ApiError>, StoreError> {
    let retrieval = match retrieval::find(&snapshot.shelf(), token) {
        Ok(retrieval) => retrieval,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let retrieval_status = retrieval.status(now);
    let (traces, next) = match retrieval_status {
        Status::Complete => retrieval.page(snapshot, place, format)?,
        Status::Cancelled | Status::Timeout => (Vec::new(), None),
    };
    Ok(Ok(Page {
        retrieval_status,
        trace_format: format,
        traces,
        next_token: next.map(|it| format!("{}.{}", it.trace, it.span)),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Which {
    retrieval_token: String,
    #[serde(flatten)]
    token: Token,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Graph {
    retrieval_status: Status,
    services: Vec<RetrievedService>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RetrievedService {
    service: graph::Service,
    /// Traces that refer to each other by links of OpenTelemetry; segments have none.
    links: [(); 0],
}

async fn get_graph(
    State(service): State<Arc<Service>>,
    Json(input): Json<Which>,
) -> Result<Json<Graph>, ApiError> {
    let skipped = input.token.read(|it| it.parse().ok())?.unwrap_or(0);
    let now = clock::now();
    let graph = service
        .store
        .read(move |snapshot| graph(snapshot, &input.retrieval_token, skipped, now))
        .await?;
    Ok(Json(graph?))
}

fn graph(
    snapshot: &Snapshot<'_>,
    token: &str,
    skipped: usize,
    now: f64,
) -> Result<Result<Graph, ApiError>, StoreError> {
    let retrieval = match retrieval::find(&snapshot.shelf(), token) {
        Ok(retrieval) => retrieval,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let retrieval_status = retrieval.status(now);
    let services = match retrieval_status {
        Status::Complete => retrieval.graph(snapshot)?.into_services(),
        Status::Cancelled | Status::Timeout => Vec::new(),
    };
    let next = skipped.saturating_add(limits::SERVICES_PER_PAGE);
    let next_token = (services.len() > next).then(|| next.to_string());
    let page = services.into_iter().skip(skipped);
    let describe = |service| RetrievedService { service, links: [] };
    Ok(Ok(Graph {
        retrieval_status,
        services: page.take(limits::SERVICES_PER_PAGE).map(describe).collect(),
        next_token,
    }))
}

fn read(token: &str) -> Option<Place> {
    let (trace, span) = token.split_once('.')?;
    Some(Place {
        trace: trace.parse().ok()?,
        span: span.parse().ok()?,
    })
}
