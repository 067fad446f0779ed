//! `GetTimeSeriesServiceStatistics`: how a service, or the calls between two, went period by period.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::Service;
use super::error::ApiError;
use super::graph::read_token;
use super::range::{Range, RangeInput};
use super::request::Json;
use crate::clock;
use crate::graph::{Point, Selector, Series};
use crate::limits;

/// Seconds of a period where none is asked for.
const PERIOD: u64 = 60;
/// Characters of a selector, as the service allows.
const SELECTOR_CHARS: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    #[serde(flatten)]
    range: RangeInput,
    entity_selector_expression: Option<String>,
    period: Option<u64>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    time_series_service_statistics: Vec<Point>,
    /// Groups are evaluated when asked, so none is ever old.
    contains_old_group_versions: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn get_time_series_service_statistics(
    State(service): State<Arc<Service>>,
    Json(input): Json<Input>,
) -> Result<Json<Output>, ApiError> {
    let from = read_token(input.next_token.as_deref())?;
    let series = Series::new(input.selector()?, input.period()?);
    let range = Range::new(input.range, clock::now())?;
    let series = range.sum(&service.store, series, Series::add).await?;
    Ok(Json(page(series, from)?))
}

impl Input {
    fn selector(&self) -> Result<Selector, ApiError> {
        match self.entity_selector_expression.as_deref() {
            None => Ok(Selector::default()),
            Some(text) if text.is_empty() || text.chars().count() > SELECTOR_CHARS => {
                Err(ApiError::invalid(format!(
                    "EntitySelectorExpression has 1 to {SELECTOR_CHARS} characters; leave it out for everything that came from outside"
                )))
            }
            Some(text) => {
                Selector::parse(text).map_err(|error| ApiError::invalid(error.to_string()))
            }
        }
    }

    fn period(&self) -> Result<Duration, ApiError> {
        match self.period.unwrap_or(PERIOD) {
            0 => Err(ApiError::invalid("Period is at least one second")),
            seconds => Ok(Duration::from_secs(seconds)),
        }
    }
}

fn page(series: Series, from: usize) -> Result<Output, ApiError> {
    let too_many = || {
        ApiError::invalid(format!(
            "more than {} periods have requests; ask for a longer Period or a shorter range",
            limits::PERIODS
        ))
    };
    let mut points = series.into_points().ok_or_else(too_many)?;
    let mut page = points.split_off(from.min(points.len()));
    let more = page.len() > limits::PERIODS_PER_PAGE;
    page.truncate(limits::PERIODS_PER_PAGE);
    Ok(Output {
        time_series_service_statistics: page,
        contains_old_group_versions: false,
        next_token: more.then(|| (from + limits::PERIODS_PER_PAGE).to_string()),
    })
}
