//! `GetSamplingTargets`: clients report what they sampled, and are told how to go on.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use xray_segment::sampling::Rate;

use crate::api::Service;
use crate::api::error::ApiError;
use crate::api::request::{Json, When};
use crate::constraint::{chars, count};
use crate::refusal::Refusal;
use crate::sampling::{self, Clients, Record};
use crate::store::{Counted, Shelf};
use crate::{clock, limits};

/// How long a quota lasts, in seconds; SDKs ask anew every [`INTERVAL`].
const QUOTA_SECONDS: f64 = 300.0;
/// Seconds between two reports of a client, and in one period of the statistics.
const INTERVAL: u32 = 10;
/// Seconds by which a client's clock may be ahead.
const AHEAD_SECONDS: f64 = 60.0;

/// Reports on boosts (`SamplingBoostStatisticsDocuments`) are left alone: rates are never raised here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    sampling_statistics_documents: Vec<Report>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    rule_name: String,
    #[serde(rename = "ClientID")]
    client: String,
    timestamp: When,
    request_count: u32,
    sampled_count: u32,
    #[serde(default)]
    borrow_count: u32,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    sampling_target_documents: Vec<Target>,
    last_rule_modification: f64,
    unprocessed_statistics: Vec<Unprocessed>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    rule_name: String,
    fixed_rate: Rate,
    reservoir_quota: u32,
    #[serde(rename = "ReservoirQuotaTTL")]
    reservoir_quota_ttl: f64,
    interval: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed {
    rule_name: String,
    error_code: &'static str,
    message: &'static str,
}

pub(super) async fn get(
    State(service): State<Arc<Service>>,
    Json(input): Json<Input>,
) -> Result<Json<Output>, ApiError> {
    let reports = input.sampling_statistics_documents;
    check(&reports)?;
    let now = clock::now();
    let counted = reports.clone();
    let (rules, last_change) = service
        .store
        .change(move |shelf| record(shelf, &counted, now))
        .await?;
    let mut clients = service.clients.lock().await;
    let mut output = aim(&mut clients, &rules, reports, now);
    output.last_rule_modification = last_change;
    Ok(Json(output))
}

fn check(reports: &[Report]) -> Result<(), Refusal> {
    let most = limits::SAMPLING_REPORTS;
    count("SamplingStatisticsDocuments", reports.len(), most)?;
    for report in reports {
        chars("RuleName", &report.rule_name, 1..=32)?;
        chars("ClientID", &report.client, 24..=24)?;
    }
    Ok(())
}

/// Adds the reports to the statistics, and looks up which rules there are and since when.
fn record(shelf: &Shelf<'_>, reports: &[Report], now: f64) -> Result<(Vec<Record>, f64), Refusal> {
    let rules = sampling::all(shelf, now)?;
    let is_known = |it: &&Report| rules.iter().any(|rule| rule.name() == it.rule_name);
    for report in reports.iter().filter(is_known) {
        shelf.count(&report.counted(now))?;
    }
    shelf.forget_counts(clock::whole_seconds(now) - limits::SAMPLING_COUNT_SECONDS)?;
    Ok((rules, sampling::last_change(shelf, now)?))
}

impl Report {
    /// In the period of the report's time, or of now where that is not to be believed.
    fn counted(&self, now: f64) -> Counted {
        let When(said) = self.timestamp;
        let recent = f64::from(INTERVAL) * 6.0;
        let is_likely = (now - recent..=now + AHEAD_SECONDS).contains(&said);
        let at = clock::whole_seconds(if is_likely { said } else { now });
        Counted {
            since: at - at.rem_euclid(i64::from(INTERVAL)),
            rule: self.rule_name.clone(),
            requests: self.request_count.into(),
            borrowed: self.borrow_count.into(),
            sampled: self.sampled_count.into(),
        }
    }
}

/// Tells each client its rate and its share, once all that reported are counted.
fn aim(clients: &mut Clients, rules: &[Record], reports: Vec<Report>, now: f64) -> Output {
    let find = |name: &str| rules.iter().find(|it| it.name() == name);
    clients.keep_rules(|it| find(it).is_some());
    for report in reports.iter().filter(|it| find(&it.rule_name).is_some()) {
        clients.heard(&report.rule_name, &report.client, now);
    }
    let mut output = Output::default();
    for Report {
        rule_name, client, ..
    } in reports
    {
        match find(&rule_name).map(|it| &it.sampling_rule) {
            Some(rule) => output.sampling_target_documents.push(Target {
                fixed_rate: rule.fixed_rate,
                reservoir_quota: clients.share(&rule_name, &client, rule.reservoir_size),
                reservoir_quota_ttl: now + QUOTA_SECONDS,
                interval: INTERVAL,
                rule_name,
            }),
            None => output.unprocessed_statistics.push(Unprocessed {
                rule_name,
                // A code that begins with 4 makes SDKs fetch the rules again.
                error_code: "400",
                message: "Unknown rule",
            }),
        }
    }
    output
}
