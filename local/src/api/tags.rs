//! `TagResource`, `UntagResource` and `ListTagsForResource`.

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
use crate::resource;
use crate::tag::{self, Tag};

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/TagResource", post(add))
        .route("/UntagResource", post(remove))
        .route("/ListTagsForResource", post(list))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Add {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tags: Vec<Tag>,
}

async fn add(
    State(service): State<Arc<Service>>,
    Json(Add { arn, tags }): Json<Add>,
) -> Result<Json<Value>, ApiError> {
    let store = &service.store;
    store
        .change(move |shelf| {
            resource::exists(shelf, &arn)?;
            tag::add(shelf, &arn, tags)
        })
        .await?;
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Remove {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tag_keys: Vec<String>,
}

async fn remove(
    State(service): State<Arc<Service>>,
    Json(Remove { arn, tag_keys }): Json<Remove>,
) -> Result<Json<Value>, ApiError> {
    let store = &service.store;
    store
        .change(move |shelf| {
            resource::exists(shelf, &arn)?;
            tag::remove(shelf, &arn, &tag_keys)
        })
        .await?;
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
struct Which {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(flatten)]
    token: Token,
}

/// All at once: a resource has at most 50.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    tags: Vec<Tag>,
}

async fn list(
    State(service): State<Arc<Service>>,
    Json(Which { arn, token }): Json<Which>,
) -> Result<Json<List>, ApiError> {
    token.none()?;
    let tags = service
        .store
        .read(move |snapshot| {
            let shelf = snapshot.shelf();
            Ok(resource::exists(&shelf, &arn).and_then(|()| tag::of(&shelf, &arn)))
        })
        .await?;
    Ok(Json(List { tags: tags? }))
}
