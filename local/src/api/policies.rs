//! `PutResourcePolicy`, `ListResourcePolicies` and `DeleteResourcePolicy`.

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
use crate::policy::{self, New, Policy};

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/PutResourcePolicy", post(put))
        .route("/ListResourcePolicies", post(list))
        .route("/DeleteResourcePolicy", post(delete))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct One {
    resource_policy: Policy,
}

async fn put(
    State(service): State<Arc<Service>>,
    Json(new): Json<New>,
) -> Result<Json<One>, ApiError> {
    let now = clock::now();
    let resource_policy = service
        .store
        .change(move |shelf| policy::put(shelf, new, now))
        .await?;
    Ok(Json(One { resource_policy }))
}

/// All at once: there are at most 5.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct All {
    resource_policies: Vec<Policy>,
}

async fn list(
    State(service): State<Arc<Service>>,
    Json(token): Json<Token>,
) -> Result<Json<All>, ApiError> {
    token.none()?;
    let resource_policies = service
        .store
        .read(|snapshot| policy::all(&snapshot.shelf()))
        .await?;
    Ok(Json(All { resource_policies }))
}

#[derive(Debug, Deserialize)]
struct Delete {
    #[serde(rename = "PolicyName")]
    name: String,
    #[serde(rename = "PolicyRevisionId")]
    revision: Option<String>,
}

async fn delete(
    State(service): State<Arc<Service>>,
    Json(input): Json<Delete>,
) -> Result<Json<Value>, ApiError> {
    service
        .store
        .change(move |shelf| policy::delete(shelf, &input.name, input.revision.as_deref()))
        .await?;
    Ok(Json(json!({})))
}
