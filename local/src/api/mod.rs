//! The X-Ray API (restJson1) over HTTP: a POST to a fixed path for each operation; what is read with GET is the page.
//!
//! Requests may be signed or not; signatures are never looked at. What protects the port instead is in [`guard`].

mod analytics;
mod encryption;
mod error;
mod graph;
mod groups;
mod guard;
mod insights;
mod live;
mod logs;
mod policies;
mod put_segments;
mod range;
mod request;
mod retrieval;
mod sampling;
mod settings;
mod summaries;
mod tags;
mod telemetry;
mod time_series;
mod token;
mod traces;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::sync::{Mutex, Semaphore, watch};

use crate::console;
use crate::limits::{self, Limits};
use crate::sampling::Clients;
use crate::store::Store;
pub(crate) use guard::{Guard, check};

/// What every request works with.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) clients: Mutex<Clients>,
    pub(crate) limits: Limits,
    watchers: Arc<Semaphore>,
    end: watch::Sender<bool>,
}

impl Service {
    pub(crate) fn new(store: Store, limits: Limits) -> Self {
        Self {
            store,
            clients: Mutex::default(),
            limits,
            watchers: Arc::new(Semaphore::new(limits::WATCHERS)),
            end: watch::Sender::new(false),
        }
    }

    /// The service is to end: who only watches is not waited for.
    pub(crate) fn end(&self) {
        self.end.send_replace(true);
    }
}

/// Operations and page under one roof, told apart by method and path.
pub(crate) fn router(service: Arc<Service>, guard: Arc<Guard>) -> Router {
    Router::new()
        .route("/TraceSegments", post(put_segments::put_trace_segments))
        .route("/Traces", post(traces::batch_get_traces))
        .route("/TraceSummaries", post(summaries::get_trace_summaries))
        .route("/TelemetryRecords", post(telemetry::put_telemetry_records))
        .route("/EncryptionConfig", post(encryption::get_encryption_config))
        .route(
            "/PutEncryptionConfig",
            post(encryption::put_encryption_config),
        )
        .merge(sampling::router())
        .merge(groups::router())
        .merge(insights::router())
        .merge(policies::router())
        .merge(tags::router())
        .merge(settings::router())
        .merge(retrieval::router())
        .merge(logs::router())
        .route("/ServiceGraph", post(graph::get_service_graph))
        .route("/TraceGraph", post(graph::get_trace_graph))
        .route(
            "/TimeSeriesServiceStatistics",
            post(time_series::get_time_series_service_statistics),
        )
        .route("/GetAnalytics", post(analytics::get_analytics))
        .route("/live", get(live::live))
        .merge(console::router())
        .method_not_allowed_fallback(error::unknown_operation)
        .fallback(error::unknown_operation)
        .layer(from_fn_with_state(guard, check))
        .with_state(service)
}

/// What an SDK asks of the daemon's port, and nothing else: whoever reaches it could read traces.
pub(crate) fn sampling_router(service: Arc<Service>, guard: Arc<Guard>) -> Router {
    sampling::of_clients()
        .method_not_allowed_fallback(error::unknown_operation)
        .fallback(error::unknown_operation)
        .layer(from_fn_with_state(guard, check))
        .with_state(service)
}
