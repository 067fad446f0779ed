//! A change of a rule: what is given is changed, also to 0, the rest stays.

use std::collections::BTreeMap;

use serde::Deserialize;
use xray_segment::sampling::{Rate, RateBoost, Rule};

use super::record::check;
use crate::refusal::Refusal;

/// A `SamplingRuleUpdate`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Update {
    pub(crate) rule_name: Option<String>,
    #[serde(rename = "RuleARN")]
    pub(crate) rule_arn: Option<String>,
    #[serde(rename = "ResourceARN")]
    resource_arn: Option<String>,
    priority: Option<u16>,
    fixed_rate: Option<Rate>,
    reservoir_size: Option<u32>,
    host: Option<String>,
    service_name: Option<String>,
    service_type: Option<String>,
    #[serde(rename = "HTTPMethod")]
    http_method: Option<String>,
    #[serde(rename = "URLPath")]
    url_path: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
    sampling_rate_boost: Option<RateBoost>,
}

impl Update {
    /// The rule with the changes. Of the built-in one only rate and reservoir can be changed.
    pub(super) fn apply(self, rule: &Rule) -> Result<Rule, Refusal> {
        let or = |given: Option<String>, present: &str| given.unwrap_or_else(|| present.to_owned());
        let changed = Rule {
            rule_name: rule.rule_name.clone(),
            rule_arn: rule.rule_arn.clone(),
            resource_arn: or(self.resource_arn, &rule.resource_arn),
            priority: self.priority.unwrap_or(rule.priority),
            fixed_rate: self.fixed_rate.unwrap_or(rule.fixed_rate),
            reservoir_size: self.reservoir_size.unwrap_or(rule.reservoir_size),
            service_name: or(self.service_name, &rule.service_name),
            service_type: or(self.service_type, &rule.service_type),
            host: or(self.host, &rule.host),
            http_method: or(self.http_method, &rule.http_method),
            url_path: or(self.url_path, &rule.url_path),
            version: rule.version,
            attributes: self.attributes.unwrap_or_else(|| rule.attributes.clone()),
            sampling_rate_boost: self.sampling_rate_boost.or(rule.sampling_rate_boost),
        };
        check(&changed)?;
        if rule.is_default() && !is_same_but_for_numbers(&changed, rule) {
            return Err(Refusal::invalid(
                "of the rule Default only FixedRate and ReservoirSize can be changed",
            ));
        }
        Ok(changed)
    }
}

fn is_same_but_for_numbers(changed: &Rule, rule: &Rule) -> bool {
    let numbers = Rule {
        fixed_rate: changed.fixed_rate,
        reservoir_size: changed.reservoir_size,
        ..rule.clone()
    };
    *changed == numbers
}
