//! What is asked of the daemon and what it answers, in the words of the API (`GetSamplingRules`, `GetSamplingTargets`).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use xray_segment::Timestamp;
use xray_segment::sampling::{Rate, Rule};

/// A page of rules.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rules {
    #[serde(default, deserialize_with = "known")]
    pub(super) sampling_rule_records: Vec<Record>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Record {
    pub(super) sampling_rule: Rule,
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
pub(super) struct Report<'d> {
    sampling_statistics_documents: &'d [Statistics],
}

impl<'d> Report<'d> {
    pub(super) const fn of(sampling_statistics_documents: &'d [Statistics]) -> Self {
        Self {
            sampling_statistics_documents,
        }
    }
}

/// Its answer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Targets {
    #[serde(default, deserialize_with = "known")]
    pub(super) sampling_target_documents: Vec<TargetDocument>,
    pub(super) last_rule_modification: Option<Timestamp>,
    #[serde(default, deserialize_with = "known")]
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

/// Those of a list that are understood. Each is read by itself: one that a later version of the service writes in another way does not lose the others.
fn known<'de, T: DeserializeOwned, D: Deserializer<'de>>(list: D) -> Result<Vec<T>, D::Error> {
    let list = Option::<Vec<Value>>::deserialize(list)?;
    let each = list.into_iter().flatten().map(serde_json::from_value);
    Ok(each.filter_map(Result::ok).collect())
}
