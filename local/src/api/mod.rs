//! The X-Ray API (restJson1) over HTTP: a POST to a fixed path for each operation; what is read with GET is the page.
//!
//! Requests may be signed or not; signatures are never looked at. What protects the port instead is in [`guard`].

mod error;
mod graph;
mod guard;
mod put_segments;
mod range;
mod request;
mod sampling;
mod summaries;
mod time_series;
mod traces;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use tokio::sync::{Mutex, Semaphore};

use crate::console;
use crate::limits;
use crate::store::Store;
pub(crate) use guard::Hosts;

/// What every request works with.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) hosts: Hosts,
    pub(crate) turns: Semaphore,
    pub(crate) samplers: Mutex<sampling::Samplers>,
}

impl Service {
    pub(crate) fn new(store: Store, hosts: Hosts) -> Self {
        Self {
            store,
            hosts,
            turns: Semaphore::new(limits::REQUESTS),
            samplers: Mutex::default(),
        }
    }
}

/// Operations and page under one roof, told apart by method and path.
pub(crate) fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/TraceSegments", post(put_segments::put_trace_segments))
        .route("/Traces", post(traces::batch_get_traces))
        .route("/TraceSummaries", post(summaries::get_trace_summaries))
        .route("/GetSamplingRules", post(sampling::get_sampling_rules))
        .route("/SamplingTargets", post(sampling::get_sampling_targets))
        .route("/ServiceGraph", post(graph::get_service_graph))
        .route("/TraceGraph", post(graph::get_trace_graph))
        .route(
            "/TimeSeriesServiceStatistics",
            post(time_series::get_time_series_service_statistics),
        )
        .merge(console::router())
        .method_not_allowed_fallback(error::unknown_operation)
        .fallback(error::unknown_operation)
        .layer(from_fn_with_state(Arc::clone(&service), guard::check))
        .with_state(service)
}
