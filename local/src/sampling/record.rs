//! A sampling rule with its history, in the form of the API, which is also the form in which it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xray_segment::sampling::{DEFAULT_RULE, Rate, Rule};

use crate::arn;
use crate::constraint::{chars, count, range};
use crate::refusal::Refusal;
use crate::store::Kept;

/// A `SamplingRuleRecord`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Record {
    pub(crate) sampling_rule: Rule,
    /// Epoch seconds; 0 for the built-in rule.
    pub(crate) created_at: f64,
    /// Epoch seconds.
    pub(crate) modified_at: f64,
    /// Epoch seconds at which the rule is gone by itself. AWS knows none such; clients pass over what they do not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<f64>,
}

impl Kept for Record {
    const KIND: &'static str = "sampling rule";
}

impl Record {
    /// A rule that somebody makes at `now`.
    pub(super) fn new(mut rule: Rule, now: f64) -> Result<Self, Refusal> {
        if rule.rule_arn.is_some() {
            return Err(Refusal::invalid(
                "a new rule has no RuleARN yet; give its RuleName",
            ));
        }
        rule.rule_arn = Some(arn::of_rule(&rule.rule_name));
        check(&rule)?;
        Ok(Self {
            sampling_rule: rule,
            created_at: now,
            modified_at: now,
            until: None,
        })
    }

    /// The built-in rule as long as nobody has changed it.
    pub(super) fn built_in() -> Self {
        let any = || "*".to_owned();
        Self {
            sampling_rule: Rule {
                rule_name: DEFAULT_RULE.to_owned(),
                rule_arn: Some(arn::of_rule(DEFAULT_RULE)),
                resource_arn: any(),
                priority: 10_000,
                fixed_rate: Rate::ALL,
                reservoir_size: 1,
                service_name: any(),
                service_type: any(),
                host: any(),
                http_method: any(),
                url_path: any(),
                version: 1,
                // There, and empty: the SDK for Node skips the rule otherwise.
                attributes: BTreeMap::new(),
                sampling_rate_boost: None,
            },
            created_at: 0.0,
            modified_at: 0.0,
            until: None,
        }
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self, now: f64) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    pub(crate) fn name(&self) -> &str {
        &self.sampling_rule.rule_name
    }

    pub(crate) fn arn(&self) -> &str {
        self.sampling_rule.rule_arn.as_deref().unwrap_or_default()
    }
}

/// The limits of the API's model.
pub(super) fn check(rule: &Rule) -> Result<(), Refusal> {
    chars("RuleName", &rule.rule_name, 1..=32)?;
    chars("ResourceARN", &rule.resource_arn, 0..=500)?;
    chars("ServiceName", &rule.service_name, 0..=64)?;
    chars("ServiceType", &rule.service_type, 0..=64)?;
    chars("Host", &rule.host, 0..=64)?;
    chars("HTTPMethod", &rule.http_method, 0..=10)?;
    chars("URLPath", &rule.url_path, 0..=128)?;
    range("Version", &rule.version, 1..=1)?;
    if !rule.is_default() {
        range("Priority", &rule.priority, 1..=9999)?;
    }
    count("Attributes", rule.attributes.len(), 5)?;
    for (key, value) in &rule.attributes {
        chars("an attribute's key", key, 1..=32)?;
        chars("an attribute's value", value, 1..=32)?;
    }
    Ok(())
}
