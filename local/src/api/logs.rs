//! `PutLogs` and `GetLogs`, beyond AWS: what functions printed, beside their traces.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xray_segment::TraceId;

use super::Service;
use super::error::ApiError;
use super::request::{Json, When};
use crate::constraint::{chars, count};
use crate::refusal::Refusal;
use crate::store::Logged;
use crate::{clock, limits, logs};

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/PutLogs", post(put))
        .route("/GetLogs", post(get))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    log_events: Vec<Event>,
}

/// An event in both directions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    time: When,
    #[serde(default)]
    request_id: Option<String>,
    #[serde(default)]
    trace_id: Option<TraceId>,
    #[serde(default)]
    function: Option<String>,
    message: String,
}

impl TryFrom<Event> for Logged {
    type Error = Refusal;

    fn try_from(event: Event) -> Result<Self, Refusal> {
        let names = [
            ("RequestId", &event.request_id),
            ("Function", &event.function),
        ];
        for (field, name) in names {
            if let Some(name) = name {
                chars(field, name, 1..=limits::NAME_CHARS)?;
            }
        }
        let When(time) = event.time;
        Ok(Self {
            time,
            request: event.request_id,
            trace: event.trace_id,
            function: event.function,
            message: event.message,
        })
    }
}

impl From<Logged> for Event {
    fn from(logged: Logged) -> Self {
        Self {
            time: When(logged.time),
            request_id: logged.request,
            trace_id: logged.trace,
            function: logged.function,
            message: logged.message,
        }
    }
}

async fn put(
    State(service): State<Arc<Service>>,
    Json(input): Json<Put>,
) -> Result<Json<Value>, ApiError> {
    let events = input.log_events.into_iter().map(Logged::try_from);
    let events = events.collect::<Result<Vec<_>, _>>()?;
    let now = clock::now();
    service
        .store
        .change(move |shelf| shelf.log(&events, now).map_err(Refusal::from))
        .await?;
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Get {
    trace_ids: Vec<TraceId>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    log_events: Vec<Event>,
    limit_exceeded: bool,
}

async fn get(
    State(service): State<Arc<Service>>,
    Json(input): Json<Get>,
) -> Result<Json<Output>, ApiError> {
    count("TraceIds", input.trace_ids.len(), limits::TRACES_PER_BATCH)?;
    let found = service
        .store
        .read(move |snapshot| logs::of_traces(snapshot, &input.trace_ids))
        .await?;
    Ok(Json(Output {
        log_events: found.events.into_iter().map(Event::from).collect(),
        limit_exceeded: found.cut,
    }))
}
