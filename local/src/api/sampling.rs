//! Sampling rules for SDKs outside Lambda: the built-in rule, and its reservoir shared among those who use it.
//!
//! AWS samples 5 % by default, to spare money. On one's own machine every trace is wanted, so the built-in
//! rule's rate is 1 here. That is the one deviation; the form is the service's, down to what SDKs fall over.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use super::request::Json;
use crate::clock;
use crate::limits;

/// Requests a second that are sampled before the rate applies.
const RESERVOIR: u32 = 1;
/// How long a quota lasts, in seconds; SDKs ask anew every [`INTERVAL`].
const QUOTA_SECONDS: f64 = 300.0;
/// Seconds between two reports of a client.
const INTERVAL: u32 = 10;
/// A client that was silent for this many seconds has left.
const GONE_SECONDS: f64 = 3.0 * 10.0;

/// Who uses the rule, and when each was last heard of (epoch seconds).
#[derive(Debug, Default)]
pub(crate) struct Samplers(BTreeMap<String, f64>);

impl Samplers {
    /// Notes that a client is there, and gives its share of the reservoir: whole requests, the first clients get the rest.
    fn share(&mut self, client: &str, now: f64) -> u32 {
        self.0.retain(|_, seen| now - *seen < GONE_SECONDS);
        if self.0.len() < limits::SAMPLING_CLIENTS || self.0.contains_key(client) {
            self.0.insert(client.to_owned(), now);
        }
        let clients = u32::try_from(self.0.len()).unwrap_or(u32::MAX).max(1);
        let place = self.0.keys().position(|it| it == client);
        let is_among_first = place
            .and_then(|it| u32::try_from(it).ok())
            .is_some_and(|it| it < RESERVOIR % clients);
        RESERVOIR / clients + u32::from(is_among_first)
    }
}

pub(super) async fn get_sampling_rules() -> Json<Value> {
    // Attributes must be there and empty (Node), ResourceARN `*` and Version 1 (all), or SDKs skip the rule.
    Json(json!({ "SamplingRuleRecords": [{
        "SamplingRule": {
            "RuleName": "Default",
            "RuleARN": "arn:aws:xray:us-east-1:000000000000:sampling-rule/Default",
            "ResourceARN": "*",
            "Priority": 10_000,
            "FixedRate": 1.0,
            "ReservoirSize": RESERVOIR,
            "ServiceName": "*",
            "ServiceType": "*",
            "Host": "*",
            "HTTPMethod": "*",
            "URLPath": "*",
            "Version": 1,
            "Attributes": {},
        },
        "CreatedAt": 0.0,
        "ModifiedAt": 0.0,
    }]}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Targets {
    sampling_statistics_documents: Vec<Statistics>,
}

#[derive(Debug, Deserialize)]
struct Statistics {
    #[serde(rename = "RuleName")]
    rule: String,
    #[serde(rename = "ClientID")]
    client: String,
}

pub(super) async fn get_sampling_targets(
    State(service): State<Arc<Service>>,
    Json(input): Json<Targets>,
) -> Json<Value> {
    let now = clock::now();
    let mut samplers = service.samplers.lock().await;
    let (mut targets, mut unknown) = (Vec::new(), Vec::new());
    for Statistics { rule, client } in input.sampling_statistics_documents {
        if rule == "Default" {
            targets.push(json!({
                "RuleName": rule,
                "FixedRate": 1.0,
                "ReservoirQuota": samplers.share(&client, now),
                "ReservoirQuotaTTL": now + QUOTA_SECONDS,
                "Interval": INTERVAL,
            }));
        } else {
            // A code that begins with 4 makes SDKs fetch the rules again.
            unknown
                .push(json!({ "RuleName": rule, "ErrorCode": "400", "Message": "Unknown rule" }));
        }
    }
    // When rules last changed, truly: with "now" here the Python SDK would fetch them every 10 seconds.
    Json(json!({
        "SamplingTargetDocuments": targets,
        "LastRuleModification": 0.0,
        "UnprocessedStatistics": unknown,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_has_the_reservoir_and_two_share_it() {
        let mut samplers = Samplers::default();
        assert_eq!(samplers.share("b", 0.0), 1);
        assert_eq!(samplers.share("a", 1.0), 1);
        assert_eq!(samplers.share("b", 2.0), 0);
        assert_eq!(samplers.share("b", 40.0), 1, "the other one has left");
    }
}
