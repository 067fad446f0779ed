//! What is asked of the daemon and what it answers, in the words of the API (`GetSamplingRules`, `GetSamplingTargets`).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use xray_segment::Timestamp;
use xray_segment::sampling::{Rate, Rule};

/// A page of rules.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rules {
    /// Each read by itself: one that a later version of the service writes in another way does not lose the others.
    #[serde(default)]
    sampling_rule_records: Vec<Value>,
    pub(super) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    sampling_rule: Rule,
}

impl Rules {
    pub(super) fn read(self) -> impl Iterator<Item = Rule> {
        let records = self.sampling_rule_records.into_iter();
        records.filter_map(|record| {
            let record: Record = serde_json::from_value(record).ok()?;
            Some(record.sampling_rule)
        })
    }
}

/// What happened under a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Statistics {
    #[serde(rename = "ClientID")]
    pub(super) client_id: String,
    pub(super) rule_name: String,
    pub(super) timestamp: Timestamp,
    pub(super) request_count: u64,
    pub(super) sampled_count: u64,
    pub(super) borrow_count: u64,
}

/// The report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Report {
    pub(super) sampling_statistics_documents: Vec<Statistics>,
}

/// Its answer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Targets {
    #[serde(default)]
    pub(super) sampling_target_documents: Vec<TargetDocument>,
    pub(super) last_rule_modification: Option<Timestamp>,
    #[serde(default)]
    pub(super) unprocessed_statistics: Vec<Unprocessed>,
}

/// What is to be done under a rule until the next report.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TargetDocument {
    pub(super) rule_name: String,
    pub(super) fixed_rate: Rate,
    pub(super) reservoir_quota: Option<u32>,
    #[serde(rename = "ReservoirQuotaTTL")]
    pub(super) reservoir_quota_ttl: Option<Timestamp>,
    /// Seconds until the next report of this rule.
    pub(super) interval: Option<u32>,
}

/// A report that was not taken.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Unprocessed {
    #[serde(default)]
    pub(super) error_code: String,
}
