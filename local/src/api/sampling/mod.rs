//! The operations on sampling rules, and what SDKs ask while they sample.

mod rules;
mod summaries;
mod targets;

use std::sync::Arc;

use axum::Router;
use axum::routing::post;

use super::Service;

pub(super) fn router() -> Router<Arc<Service>> {
    of_clients()
        .route("/CreateSamplingRule", post(rules::create))
        .route("/UpdateSamplingRule", post(rules::update))
        .route("/DeleteSamplingRule", post(rules::delete))
        .route("/RaiseSampling", post(rules::raise))
        .route("/SamplingStatisticSummaries", post(summaries::get))
}

/// The two that SDKs call while they sample, over the daemon's port.
pub(super) fn of_clients() -> Router<Arc<Service>> {
    Router::new()
        .route("/GetSamplingRules", post(rules::get))
        .route("/SamplingTargets", post(targets::get))
}
