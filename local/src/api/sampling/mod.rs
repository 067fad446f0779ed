//! The operations on sampling rules, and what SDKs ask while they sample.

mod rules;
mod summaries;
mod targets;

use std::sync::Arc;

use axum::Router;
use axum::routing::post;

use super::Service;

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/GetSamplingRules", post(rules::get))
        .route("/CreateSamplingRule", post(rules::create))
        .route("/UpdateSamplingRule", post(rules::update))
        .route("/DeleteSamplingRule", post(rules::delete))
        .route("/RaiseSampling", post(rules::raise))
        .route("/SamplingTargets", post(targets::get))
        .route("/SamplingStatisticSummaries", post(summaries::get))
}
