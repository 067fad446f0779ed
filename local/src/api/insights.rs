//! `GetInsight`, `GetInsightSummaries`, `GetInsightEvents` and `GetInsightImpactGraph`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::{Deserialize, Serialize};

use super::Service;
use super::error::ApiError;
use super::graph::read_token;
use super::range::Range;
use super::request::{Json, When};
use crate::arn::Named;
use crate::clock;
use crate::constraint::range;
use crate::group::{self, Group};
use crate::insight::{Event, HISTORY, ImpactNode, Incident, Insight, Minute, Told, incidents};
use crate::limits;
use crate::refusal::Refusal;

/// Most of one page (API model).
const SUMMARIES: usize = 100;
/// Most of one page (API model).
const EVENTS: usize = 50;

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/Insight", post(get))
        .route("/InsightSummaries", post(summaries))
        .route("/InsightEvents", post(events))
        .route("/InsightImpactGraph", post(impact_graph))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SummariesInput {
    #[serde(default)]
    states: Vec<InsightState>,
    group_name: Option<String>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<String>,
    start_time: When,
    end_time: When,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum InsightState {
    Active,
    Closed,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SummariesOutput {
    insight_summaries: Vec<Insight>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The newest first. Only groups that ask for insights have any.
async fn summaries(
    State(service): State<Arc<Service>>,
    Json(input): Json<SummariesInput>,
) -> Result<Json<SummariesOutput>, ApiError> {
    let (When(start), When(end)) = (input.start_time, input.end_time);
    check_range(start, end, limits::INSIGHTS_RANGE)?;
    let (most, from) = page_of(input.max_results, SUMMARIES, input.next_token.as_deref())?;
    let group = input.group(&service).await?;
    let found = if group.has_insights() {
        find(&service, &group, start - HISTORY, end).await?
    } else {
        Found::default()
    };
    let lies_in = |it: &Incident| {
        let (first, last) = (seconds(it.first), seconds(it.last + 1));
        first < end && last > start && input.has(it)
    };
    let mut wanted: Vec<_> = (found.incidents.iter()).filter(|it| lies_in(it)).collect();
    wanted.reverse();
    let told: Vec<_> = (wanted.iter())
        .map(|it| found.told(&group, start - HISTORY, it))
        .collect();
    let kept = told.clone();
    service
        .store
        .change(move |shelf| Told::keep(shelf, kept))
        .await?;
    let all = wanted.iter().zip(&told);
    let all = all.map(|(it, told)| Insight::new(told, &group, it, &found.minutes));
    let (insight_summaries, next_token) = page(all.collect(), from, most);
    Ok(Json(SummariesOutput {
        insight_summaries,
        next_token,
    }))
}

impl SummariesInput {
    async fn group(&self, service: &Service) -> Result<Group, ApiError> {
        let named = match (self.group_name.clone(), self.group_arn.clone()) {
            (None, None) => Named::Name(group::DEFAULT.to_owned()),
            (name, arn) => Named::one("Group", name, arn)?,
        };
        let store = &service.store;
        let found = store.read(move |snapshot| Ok(group::find(&snapshot.shelf(), &named)));
        Ok(found.await??)
    }

    fn has(&self, incident: &Incident) -> bool {
        let is = |state: &InsightState| match state {
            InsightState::Active => !incident.is_over,
            InsightState::Closed => incident.is_over,
        };
        self.states.is_empty() || self.states.iter().any(is)
    }
}

/// What a range shows.
#[derive(Debug, Default)]
struct Found {
    minutes: BTreeMap<u64, Minute>,
    incidents: Vec<Incident>,
    known: Vec<Told>,
}

impl Found {
    /// Under which id the incident is told: the one it was told under before.
    fn told(&self, group: &Group, from: f64, incident: &Incident) -> Told {
        let is_known = |it: &&Told| it.group_arn == group.arn && it.is(incident);
        let known = self.known.iter().find(is_known).cloned();
        known.unwrap_or_else(|| Told::new(&group.arn, from, incident))
    }
}

async fn find(service: &Service, group: &Group, from: f64, to: f64) -> Result<Found, ApiError> {
    let to = to.min(clock::now());
    let range = Range::of_group(Named::Arn(group.arn.clone()), from.max(0.0), to.max(0.0))?;
    let minutes = range.minutes(&service.store).await?;
    let known = service
        .store
        .read(|snapshot| snapshot.shelf().all())
        .await?;
    let end = Duration::try_from_secs_f64(to)
        .unwrap_or_default()
        .as_secs()
        / 60
        + 1;
    Ok(Found {
        incidents: incidents(&minutes, end),
        minutes,
        known,
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Which {
    insight_id: String,
}

/// An incident that was told before, as it is now.
struct Looked {
    told: Told,
    group: Group,
    incident: Incident,
    minutes: BTreeMap<u64, Minute>,
}

async fn look(service: &Service, id: String) -> Result<Looked, ApiError> {
    let read = move |told: &str, shelf: &crate::store::Shelf<'_>| -> Result<_, Refusal> {
        let told = Told::find(shelf, told)?;
        let group = group::find(shelf, &Named::Arn(told.group_arn.clone()))?;
        Ok((told, group))
    };
    let known = id.clone();
    let (told, group) = (service.store)
        .read(move |snapshot| Ok(read(&known, &snapshot.shelf())))
        .await??;
    let found = find(service, &group, told.from, told.until()).await?;
    let incident = found.incidents.into_iter().find(|it| told.is(it));
    let gone = || ApiError::invalid(format!("the traces of insight {id:?} are gone"));
    Ok(Looked {
        incident: incident.ok_or_else(gone)?,
        told,
        group,
        minutes: found.minutes,
    })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct One {
    insight: Insight,
}

async fn get(
    State(service): State<Arc<Service>>,
    Json(input): Json<Which>,
) -> Result<Json<One>, ApiError> {
    let it = look(&service, input.insight_id).await?;
    let insight = Insight::new(&it.told, &it.group, &it.incident, &it.minutes);
    Ok(Json(One { insight }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventsInput {
    insight_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct EventsOutput {
    insight_events: Vec<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

async fn events(
    State(service): State<Arc<Service>>,
    Json(input): Json<EventsInput>,
) -> Result<Json<EventsOutput>, ApiError> {
    let (most, from) = page_of(input.max_results, EVENTS, input.next_token.as_deref())?;
    let it = look(&service, input.insight_id).await?;
    let events = it.incident.events(&it.minutes);
    let (insight_events, next_token) = page(events, from, most);
    Ok(Json(EventsOutput {
        insight_events,
        next_token,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ImpactInput {
    insight_id: String,
    start_time: When,
    end_time: When,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImpactOutput {
    insight_id: String,
    start_time: f64,
    end_time: f64,
    service_graph_start_time: f64,
    service_graph_end_time: f64,
    services: Vec<ImpactNode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

async fn impact_graph(
    State(service): State<Arc<Service>>,
    Json(input): Json<ImpactInput>,
) -> Result<Json<ImpactOutput>, ApiError> {
    let (When(start), When(end)) = (input.start_time, input.end_time);
    check_range(start, end, limits::IMPACT_RANGE)?;
    let from = read_token(input.next_token.as_deref())?;
    let mut it = look(&service, input.insight_id).await?;
    it.minutes
        .retain(|minute, _| seconds(*minute) < end && seconds(minute + 1) > start);
    let graph = it.incident.impact_graph(&it.minutes);
    let (services, next_token) = page(graph, from, limits::SERVICES_PER_PAGE);
    Ok(Json(ImpactOutput {
        insight_id: it.told.id,
        start_time: start,
        end_time: end,
        service_graph_start_time: seconds(it.incident.first).max(start),
        service_graph_end_time: seconds(it.incident.last + 1).min(end),
        services,
        next_token,
    }))
}

fn check_range(start: f64, end: f64, most: Duration) -> Result<(), ApiError> {
    if end < start {
        return Err(ApiError::invalid("EndTime lies before StartTime"));
    }
    if end - start > most.as_secs_f64() {
        let hours = most.as_secs() / 3600;
        let text = format!("EndTime lies more than {hours} hours after StartTime");
        return Err(ApiError::invalid(text));
    }
    Ok(())
}

/// How many there may be, and how many earlier pages had.
fn page_of(
    asked: Option<usize>,
    most: usize,
    token: Option<&str>,
) -> Result<(usize, usize), ApiError> {
    let count = asked.unwrap_or(most);
    range("MaxResults", &count, 1..=most)?;
    Ok((count, read_token(token)?))
}

fn page<T>(mut all: Vec<T>, from: usize, most: usize) -> (Vec<T>, Option<String>) {
    let mut page = all.split_off(from.min(all.len()));
    let has_more = page.len() > most;
    page.truncate(most);
    (page, has_more.then(|| (from + most).to_string()))
}

/// Epoch seconds at which a minute begins.
#[expect(clippy::cast_precision_loss, reason = "minutes since 1970 are few")]
const fn seconds(minute: u64) -> f64 {
    minute as f64 * 60.0
}
