//! More traces for a while: which requests, how many of them, how long. AWS has no such call; there somebody makes a rule and has to
//! remember to delete it.

use std::collections::BTreeMap;

use serde::Deserialize;
use xray_segment::sampling::{Rate, Rule};

use crate::constraint::range;
use crate::refusal::Refusal;

/// A day: what shall hold longer is a rule.
const LONGEST: u32 = 86_400;

/// The input of `RaiseSampling`; what is not named matches everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Raise {
    service_name: Option<String>,
    host: Option<String>,
    #[serde(rename = "HTTPMethod")]
    http_method: Option<String>,
    #[serde(rename = "URLPath")]
    url_path: Option<String>,
    /// All when it is missing.
    fixed_rate: Option<Rate>,
    seconds: u32,
}

impl Raise {
    /// How long it holds.
    pub(super) fn seconds(&self) -> Result<u32, Refusal> {
        range("Seconds", &self.seconds, 1..=LONGEST)?;
        Ok(self.seconds)
    }

    /// The rule, before all others.
    pub(super) fn rule(self, rule_name: String) -> Rule {
        let any = || "*".to_owned();
        Rule {
            rule_name,
            rule_arn: None,
            resource_arn: any(),
            priority: 1,
            fixed_rate: self.fixed_rate.unwrap_or(Rate::ALL),
            reservoir_size: 0,
            service_name: self.service_name.unwrap_or_else(any),
            service_type: any(),
            host: self.host.unwrap_or_else(any),
            http_method: self.http_method.unwrap_or_else(any),
            url_path: self.url_path.unwrap_or_else(any),
            version: 1,
            attributes: BTreeMap::new(),
            sampling_rate_boost: None,
        }
    }
}
