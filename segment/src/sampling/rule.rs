//! A sampling rule in the API's words, and the choice of the one that a request falls under.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Rate, matches};

/// The name of the built-in rule, which every request falls under that no other rule wants.
pub const DEFAULT_RULE: &str = "Default";

/// A sampling rule, as `GetSamplingRules` has it. What is optional in the API's model is optional here.
///
/// The six patterns know `*` and `?` (see [`matches()`]); `*` alone is any request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    /// Unique in the account, 1 to 32 characters.
    pub rule_name: String,
    /// Given by the service.
    #[serde(rename = "RuleARN", default, skip_serializing_if = "Option::is_none")]
    pub rule_arn: Option<String>,
    /// ARN of the resource the function runs on, at most 500 characters. SDKs know only `*`.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: String,
    /// The rule with the lowest is tried first: 1 to 9999, 10000 for the built-in rule.
    pub priority: u16,
    /// The part of requests sampled when the reservoir is empty.
    pub fixed_rate: Rate,
    /// Requests a second, over all processes, that are sampled before the rate applies.
    pub reservoir_size: u32,
    /// The segment's name, at most 64 characters.
    pub service_name: String,
    /// The segment's origin, for example `AWS::Lambda::Function`, at most 64 characters.
    pub service_type: String,
    /// The host of the request, at most 64 characters.
    pub host: String,
    /// The method of the request, at most 10 characters.
    #[serde(rename = "HTTPMethod")]
    pub http_method: String,
    /// The path of the request's URL, at most 128 characters.
    #[serde(rename = "URLPath")]
    pub url_path: String,
    /// The form of the rule; there is only 1.
    pub version: u32,
    /// Further attributes a segment must have, at most 5. No SDK knows any before it decides.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// How far the rate may be raised when something is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling_rate_boost: Option<RateBoost>,
}

/// The limits of a raised rate (adaptive sampling).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RateBoost {
    /// The highest rate.
    pub max_rate: Rate,
    /// Minutes between two raises.
    pub cooldown_window_minutes: u32,
}

/// What is known of a request when it is to be decided. What is not known fits every pattern, as in the SDKs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// The name its segment will have.
    pub service_name: Option<&'a str>,
    /// The origin its segment will have.
    pub service_type: Option<&'a str>,
    /// The host it was sent to.
    pub host: Option<&'a str>,
    /// Its method.
    pub http_method: Option<&'a str>,
    /// The path of its URL.
    pub url_path: Option<&'a str>,
}

impl Rule {
    /// Whether this is the built-in rule, which fits every request.
    pub fn is_default(&self) -> bool {
        self.rule_name == DEFAULT_RULE
    }

    /// Whether what the rule asks for can be known before a segment exists; SDKs skip other rules.
    pub fn is_decidable(&self) -> bool {
        self.version == 1 && self.resource_arn == "*" && self.attributes.is_empty()
    }

    /// Whether a request falls under this rule.
    pub fn fits(&self, request: &Request<'_>) -> bool {
        let fits = |pattern: &str, known: Option<&str>| known.is_none_or(|it| matches(pattern, it));
        self.is_default()
            || (self.is_decidable()
                && fits(&self.service_name, request.service_name)
                && fits(&self.service_type, request.service_type)
                && fits(&self.host, request.host)
                && fits(&self.http_method, request.http_method)
                && fits(&self.url_path, request.url_path))
    }
}

/// Puts rules into the order in which they are tried: by priority, then by name; the built-in rule last.
pub fn order(rules: &mut [Rule]) {
    rules.sort_by(|one, other| {
        let place = |rule: &Rule| (rule.is_default(), rule.priority);
        place(one)
            .cmp(&place(other))
            .then_with(|| one.rule_name.cmp(&other.rule_name))
    });
}

/// The first rule that a request falls under, of rules in [`order`].
pub fn pick<'r>(rules: &'r [Rule], request: &Request<'_>) -> Option<&'r Rule> {
    rules.iter().find(|rule| rule.fits(request))
}
