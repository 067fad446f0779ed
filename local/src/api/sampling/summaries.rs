//! `GetSamplingStatisticSummaries`: how often each rule was used, in periods of ten seconds.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use crate::api::Service;
use crate::api::error::ApiError;
use crate::api::request::Json;
use crate::api::token::Token;
use crate::store::Counted;
use crate::{clock, limits};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    sampling_statistic_summaries: Vec<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    rule_name: String,
    timestamp: i64,
    request_count: i64,
    borrow_count: i64,
    sampled_count: i64,
}

pub(super) async fn get(
    State(service): State<Arc<Service>>,
    Json(token): Json<Token>,
) -> Result<Json<Output>, ApiError> {
    let after = token.read(read)?.unwrap_or_default();
    let from = clock::whole_seconds(clock::now()) - limits::SAMPLING_COUNT_SECONDS;
    let limit = limits::SAMPLING_COUNTS_PER_PAGE;
    let mut counts = service
        .store
        .read(move |snapshot| snapshot.shelf().counts(from, &after, limit + 1))
        .await?;
    let is_more = counts.len() > limit;
    counts.truncate(limit);
    let last = counts.last().filter(|_| is_more);
    Ok(Json(Output {
        next_token: last.map(|it| format!("{}:{}", it.since, it.rule)),
        sampling_statistic_summaries: counts.into_iter().map(Summary::from).collect(),
    }))
}

/// Period and rule of the last summary on the page before.
fn read(token: &str) -> Option<(i64, String)> {
    let (since, rule) = token.split_once(':')?;
    Some((since.parse().ok()?, rule.to_owned()))
}

impl From<Counted> for Summary {
    fn from(counted: Counted) -> Self {
        Self {
            rule_name: counted.rule,
            timestamp: counted.since,
            request_count: counted.requests,
            borrow_count: counted.borrowed,
            sampled_count: counted.sampled,
        }
    }
}
