//! Transaction Search: which traces are indexed (`GetIndexingRules`, `UpdateIndexingRule`) and where segments go
//! (`GetTraceSegmentDestination`, `UpdateTraceSegmentDestination`).
//!
//! Both are kept and given back, so that what sets up an account works; every trace is stored and indexed here all the same.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Service;
use super::error::ApiError;
use super::request::Json;
use super::token::Token;
use crate::clock;
use crate::constraint::{chars, range};
use crate::refusal::Refusal;
use crate::store::{Kept, Shelf, StoreError};

/// The only indexing rule there is.
const RULE: &str = "Default";

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/GetIndexingRules", post(get_rules))
        .route("/UpdateIndexingRule", post(update_rule))
        .route("/GetTraceSegmentDestination", post(get_destination))
        .route("/UpdateTraceSegmentDestination", post(update_destination))
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Indexing {
    percentage: f64,
    /// Epoch seconds.
    modified: f64,
}

impl Kept for Indexing {
    const KIND: &'static str = "indexing rule";
}

impl Indexing {
    fn read(shelf: &Shelf<'_>) -> Result<Self, StoreError> {
        Ok(shelf.get(RULE)?.unwrap_or(Self {
            percentage: 100.0,
            modified: 0.0,
        }))
    }

    fn describe(self) -> Value {
        json!({
            "Name": RULE,
            "ModifiedAt": self.modified,
            "Rule": { "Probabilistic": {
                "DesiredSamplingPercentage": self.percentage,
                "ActualSamplingPercentage": self.percentage,
            }},
        })
    }
}

async fn get_rules(
    State(service): State<Arc<Service>>,
    Json(token): Json<Token>,
) -> Result<Json<Value>, ApiError> {
    token.none()?;
    let look = |snapshot: &crate::store::Snapshot<'_>| Indexing::read(&snapshot.shelf());
    let rule = service.store.read(look).await?;
    Ok(Json(json!({ "IndexingRules": [rule.describe()] })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateRule {
    name: String,
    rule: NewRule,
}

#[derive(Debug, Deserialize)]
enum NewRule {
    Probabilistic(Probabilistic),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Probabilistic {
    desired_sampling_percentage: f64,
}

async fn update_rule(
    State(service): State<Arc<Service>>,
    Json(UpdateRule { name, rule }): Json<UpdateRule>,
) -> Result<Json<Value>, ApiError> {
    let NewRule::Probabilistic(new) = rule;
    let percentage = new.desired_sampling_percentage;
    range("DesiredSamplingPercentage", &percentage, 0.0..=100.0)?;
    if name != RULE {
        let what = "indexing rule";
        return Err(Refusal::NotFound { what, name }.into());
    }
    let rule = Indexing {
        percentage,
        modified: clock::now(),
    };
    service
        .store
        .change(move |shelf| shelf.keep(RULE, &rule).map_err(Refusal::from))
        .await?;
    Ok(Json(json!({ "IndexingRule": rule.describe() })))
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    #[serde(default)]
    destination: Place,
    #[serde(rename = "CloudWatchLogsConfiguration")]
    logs: Option<Logs>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Place {
    #[default]
    XRay,
    CloudWatchLogs,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logs {
    spans_log_group_kms_key_id: Option<String>,
}

impl Kept for Destination {
    const KIND: &'static str = "trace segment destination";
}

impl Destination {
    fn check(&self) -> Result<(), Refusal> {
        if self.logs.is_some() && self.destination != Place::CloudWatchLogs {
            return Err(Refusal::invalid(
                "CloudWatchLogsConfiguration belongs to the Destination CloudWatchLogs",
            ));
        }
        let key = self.logs.as_ref();
        let key = key.and_then(|it| it.spans_log_group_kms_key_id.as_deref());
        key.map_or(Ok(()), |key| chars("SpansLogGroupKmsKeyId", key, 1..=256))
    }

    fn describe(&self, status: &str) -> Json<Value> {
        Json(json!({ "Destination": self.destination, "Status": status }))
    }
}

async fn get_destination(State(service): State<Arc<Service>>) -> Result<Json<Value>, ApiError> {
    let present: Option<Destination> = service
        .store
        .read(|snapshot| snapshot.shelf().get(""))
        .await?;
    Ok(present.unwrap_or_default().describe("ACTIVE"))
}

/// Answers PENDING, as the service does; it is ACTIVE for whoever asks next.
async fn update_destination(
    State(service): State<Arc<Service>>,
    Json(input): Json<Destination>,
) -> Result<Json<Value>, ApiError> {
    input.check()?;
    let answer = input.describe("PENDING");
    service
        .store
        .change(move |shelf| shelf.keep("", &input).map_err(Refusal::from))
        .await?;
    Ok(answer)
}
