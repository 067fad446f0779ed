//! `GetServiceGraph` and `GetTraceGraph`: services and calls of a time range, or of some traces.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use xray_segment::TraceId;

use super::Service;
use super::error::ApiError;
use super::range::{Range, RangeInput};
use super::request::Json;
use crate::clock;
use crate::compile::compile;
use crate::constraint::{count, span};
use crate::graph::{self, Graph};
use crate::limits;
use crate::store::{Snapshot, StoreError};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    #[serde(flatten)]
    range: RangeInput,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RangeOutput {
    start_time: f64,
    end_time: f64,
    /// Groups are evaluated when asked, so none is ever old.
    contains_old_group_versions: bool,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TracesInput {
    trace_ids: Vec<String>,
    next_token: Option<String>,
}

/// A part of a graph. References lead also to services on other pages.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Page {
    services: Vec<graph::Service>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn get_service_graph(
    State(service): State<Arc<Service>>,
    Json(input): Json<Input>,
) -> Result<Json<RangeOutput>, ApiError> {
    let from = read_token(input.next_token.as_deref())?;
    let (start, end) = (input.range.start_time, input.range.end_time);
    span(start.0, end.0, service.limits.graph_range)?;
    let range = Range::new(input.range, clock::now())?;
    let graph = range.graph(&service.store).await?;
    Ok(Json(RangeOutput {
        start_time: start.0,
        end_time: end.0,
        contains_old_group_versions: false,
        page: page(graph, from),
    }))
}

pub(super) async fn get_trace_graph(
    State(service): State<Arc<Service>>,
    Json(input): Json<TracesInput>,
) -> Result<Json<Page>, ApiError> {
    count(
        "TraceIds",
        input.trace_ids.len(),
        service.limits.traces_per_batch,
    )?;
    let from = read_token(input.next_token.as_deref())?;
    let graph = service
        .store
        .read(move |snapshot| of_traces(snapshot, &input.trace_ids))
        .await?;
    Ok(Json(page(graph, from)))
}

/// Traces that are not there add nothing; one that is named twice counts once.
fn of_traces(snapshot: &Snapshot<'_>, ids: &[String]) -> Result<Graph, StoreError> {
    let mut ids: Vec<_> = ids
        .iter()
        .filter_map(|it| TraceId::parse(it).ok())
        .collect();
    ids.sort_by_key(|it| *it.as_bytes());
    ids.dedup();
    let mut graph = Graph::default();
    for id in ids {
        if let Some(documents) = snapshot.trace(id)? {
            graph.add(&compile(documents.bodies));
        }
    }
    Ok(graph)
}

fn page(graph: Graph, from: usize) -> Page {
    let mut services = graph.into_services();
    let mut page = services.split_off(from.min(services.len()));
    let more = page.len() > limits::SERVICES_PER_PAGE;
    page.truncate(limits::SERVICES_PER_PAGE);
    Page {
        services: page,
        next_token: more.then(|| (from + limits::SERVICES_PER_PAGE).to_string()),
    }
}

/// How many services earlier pages had.
pub(super) fn read_token(token: Option<&str>) -> Result<usize, ApiError> {
    token.map_or(Ok(0), |token| {
        token
            .parse()
            .map_err(|_| ApiError::invalid("NextToken is not one that this service gave"))
    })
}
