//! `GetAnalytics`, which AWS does not have: one set of traces, or two beside each other, by what they have in common.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;

use super::Service;
use super::error::ApiError;
use super::range::{Range, RangeInput};
use super::request::{Json, When};
use crate::analytics::{Comparison, Dimension, Survey};
use crate::clock;
use crate::limits;

/// Parts of the time, and of the response times, where no number is asked for.
const BUCKETS: usize = 60;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    #[serde(flatten)]
    range: RangeInput,
    filter_expression: Option<String>,
    by: Option<String>,
    compare: Option<Other>,
    buckets: Option<usize>,
}

/// Set B; a time that is not given is that of set A, the group always is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Other {
    start_time: Option<When>,
    end_time: Option<When>,
    filter_expression: Option<String>,
}

pub(super) async fn get_analytics(
    State(service): State<Arc<Service>>,
    Json(input): Json<Input>,
) -> Result<Json<Comparison>, ApiError> {
    let now = clock::now();
    let (by, buckets) = (input.by()?, input.buckets()?);
    let b = match &input.compare {
        Some(other) => Some(other.range(&input.range, now)?),
        None => None,
    };
    let a = Range::filtered(input.range, input.filter_expression.as_deref(), now)?;
    let a = survey(&service, a, by.clone(), buckets).await?;
    let b = match b {
        Some(b) => Some(survey(&service, b, by, buckets).await?),
        None => None,
    };
    Ok(Json(Comparison::new(&a, b.as_ref(), buckets)))
}

async fn survey(
    service: &Service,
    range: Range,
    by: Option<Dimension>,
    buckets: usize,
) -> Result<Survey, ApiError> {
    let survey = Survey::new(by, range.ends(), buckets);
    range.sum(&service.store, survey, Survey::add).await
}

impl Input {
    fn by(&self) -> Result<Option<Dimension>, ApiError> {
        let refused = |text: &str| {
            let words = Dimension::WORDS;
            ApiError::invalid(format!("By is {text:?}; it may be {words}"))
        };
        let read = |text: &String| Dimension::parse(text).ok_or_else(|| refused(text));
        self.by.as_ref().map(read).transpose()
    }

    fn buckets(&self) -> Result<usize, ApiError> {
        let buckets = self.buckets.unwrap_or(BUCKETS);
        if (1..=limits::ANALYSED_BUCKETS).contains(&buckets) {
            return Ok(buckets);
        }
        let most = limits::ANALYSED_BUCKETS;
        let text = format!("Buckets is {buckets}; it may be 1 to {most}");
        Err(ApiError::invalid(text))
    }
}

impl Other {
    fn range(&self, a: &RangeInput, now: f64) -> Result<Range, ApiError> {
        let input = RangeInput {
            start_time: self.start_time.unwrap_or(a.start_time),
            end_time: self.end_time.unwrap_or(a.end_time),
            ..a.clone()
        };
        Range::filtered(input, self.filter_expression.as_deref(), now)
    }
}
