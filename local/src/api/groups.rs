//! `CreateGroup`, `UpdateGroup`, `DeleteGroup`, `GetGroup` and `GetGroups`.

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
use crate::arn::Named;
use crate::group::{self, Contents, Group};
use crate::refusal::Refusal;
use crate::tag::Tag;

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/CreateGroup", post(create))
        .route("/UpdateGroup", post(update))
        .route("/DeleteGroup", post(delete))
        .route("/GetGroup", post(get))
        .route("/Groups", post(get_all))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct One {
    group: Group,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    group_name: String,
    #[serde(flatten)]
    contents: Contents,
    #[serde(default)]
    tags: Vec<Tag>,
}

async fn create(
    State(service): State<Arc<Service>>,
    Json(input): Json<Create>,
) -> Result<Json<One>, ApiError> {
    let group = service
        .store
        .change(move |shelf| group::create(shelf, input.group_name, input.contents, input.tags))
        .await?;
    Ok(Json(One { group }))
}

/// Which group, for all operations that ask for one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Which {
    group_name: Option<String>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<String>,
    /// For `UpdateGroup`.
    #[serde(flatten)]
    contents: Contents,
}

impl Which {
    fn split(self) -> Result<(Named, Contents), Refusal> {
        let named = Named::one("Group", self.group_name, self.group_arn)?;
        Ok((named, self.contents))
    }
}

async fn update(
    State(service): State<Arc<Service>>,
    Json(input): Json<Which>,
) -> Result<Json<One>, ApiError> {
    let (named, contents) = input.split()?;
    let group = service
        .store
        .change(move |shelf| group::update(shelf, &named, contents))
        .await?;
    Ok(Json(One { group }))
}

async fn delete(
    State(service): State<Arc<Service>>,
    Json(input): Json<Which>,
) -> Result<Json<Value>, ApiError> {
    let (named, _) = input.split()?;
    let store = &service.store;
    store
        .change(move |shelf| group::delete(shelf, &named))
        .await?;
    Ok(Json(json!({})))
}

async fn get(
    State(service): State<Arc<Service>>,
    Json(input): Json<Which>,
) -> Result<Json<One>, ApiError> {
    let (named, _) = input.split()?;
    let found = service
        .store
        .read(move |snapshot| Ok(group::find(&snapshot.shelf(), &named)))
        .await?;
    Ok(Json(One { group: found? }))
}

/// All at once: there are at most 26.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct All {
    groups: Vec<Group>,
}

async fn get_all(
    State(service): State<Arc<Service>>,
    Json(token): Json<Token>,
) -> Result<Json<All>, ApiError> {
    token.none()?;
    let groups = service
        .store
        .read(|snapshot| group::all(&snapshot.shelf()))
        .await?;
    Ok(Json(All { groups }))
}
