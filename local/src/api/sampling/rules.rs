//! `GetSamplingRules`, `CreateSamplingRule`, `UpdateSamplingRule` and `DeleteSamplingRule`; beyond AWS `RaiseSampling`.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use xray_segment::sampling::Rule;

use crate::api::Service;
use crate::api::error::ApiError;
use crate::api::request::Json;
use crate::api::token::Token;
use crate::arn::Named;
use crate::clock;
use crate::sampling::{self, Raise, Record, Update};
use crate::tag::Tag;

/// All at once: the SDKs for Python and Node know no second page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rules {
    sampling_rule_records: Vec<Record>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct One {
    sampling_rule_record: Record,
}

pub(super) async fn get(
    State(service): State<Arc<Service>>,
    Json(token): Json<Token>,
) -> Result<Json<Rules>, ApiError> {
    token.none()?;
    let now = clock::now();
    let sampling_rule_records = service
        .store
        .read(move |snapshot| sampling::all(&snapshot.shelf(), now))
        .await?;
    Ok(Json(Rules {
        sampling_rule_records,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Create {
    sampling_rule: Rule,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) async fn create(
    State(service): State<Arc<Service>>,
    Json(input): Json<Create>,
) -> Result<Json<One>, ApiError> {
    let now = clock::now();
    let record = service
        .store
        .change(move |shelf| sampling::create(shelf, input.sampling_rule, input.tags, now))
        .await?;
    Ok(answer(record))
}

pub(super) async fn raise(
    State(service): State<Arc<Service>>,
    Json(input): Json<Raise>,
) -> Result<Json<One>, ApiError> {
    let now = clock::now();
    let record = service
        .store
        .change(move |shelf| sampling::raise(shelf, input, now))
        .await?;
    Ok(answer(record))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Change {
    sampling_rule_update: Update,
}

pub(super) async fn update(
    State(service): State<Arc<Service>>,
    Json(input): Json<Change>,
) -> Result<Json<One>, ApiError> {
    let now = clock::now();
    let record = service
        .store
        .change(move |shelf| sampling::update(shelf, input.sampling_rule_update, now))
        .await?;
    Ok(answer(record))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    rule_name: Option<String>,
    #[serde(rename = "RuleARN")]
    rule_arn: Option<String>,
}

pub(super) async fn delete(
    State(service): State<Arc<Service>>,
    Json(input): Json<Delete>,
) -> Result<Json<One>, ApiError> {
    let named = Named::one("Rule", input.rule_name, input.rule_arn)?;
    let now = clock::now();
    let record = service
        .store
        .change(move |shelf| sampling::delete(shelf, &named, now))
        .await?;
    Ok(answer(record))
}

const fn answer(sampling_rule_record: Record) -> Json<One> {
    Json(One {
        sampling_rule_record,
    })
}
