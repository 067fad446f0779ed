//! Rules at hand: the files that the other SDKs read, of both versions.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use thiserror::Error;
use xray_segment::Timestamp;
use xray_segment::sampling::{Quota, Rate, Request, Sampler, Target, matches};

/// Sampling rules that hold where X-Ray's own are not known. The first that a request falls under decides.
///
/// By [`default`](Self::default) one request a second and 5 % of all further ones, as in all SDKs.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalRules {
    rules: Vec<LocalRule>,
    otherwise: Sampler,
}

#[derive(Clone, Debug, PartialEq)]
struct LocalRule {
    host: String,
    http_method: String,
    url_path: String,
    sampler: Sampler,
}

/// A file of sampling rules that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LocalRulesError {
    /// It is no JSON of that form.
    #[error("the sampling rules cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// There are two versions.
    #[error("the sampling rules are of version {0}; write \"version\": 2")]
    Version(u64),
    /// It has to be there.
    #[error(
        "the sampling rules have no default; add \"default\": {{\"fixed_target\": 1, \"rate\": 0.05}}"
    )]
    NoDefault,
    /// The default says how many are sampled, and nothing of which.
    #[error(
        "the default of the sampling rules has \"{0}\", but takes all requests; make it a rule"
    )]
    Condition(&'static str),
    /// The default lacks `fixed_target` or `rate`, or has one that it cannot have.
    #[error("the default of the sampling rules: {0}")]
    Default(#[source] serde_json::Error),
    /// A rule, counted from 1, does.
    #[error("sampling rule {0}: {1}")]
    Rule(usize, #[source] serde_json::Error),
    /// A rule, counted from 1, says which host (in version 1 `service_name`), method and path it is for.
    #[error("sampling rule {0} has no \"{1}\"; say \"*\" for any")]
    NoCondition(usize, &'static str),
}

/// The file.
#[derive(Deserialize)]
struct File {
    version: u64,
    #[serde(default)]
    rules: Vec<Line>,
    default: Option<Line>,
}

#[derive(Deserialize)]
struct Line {
    host: Option<String>,
    service_name: Option<String>,
    http_method: Option<String>,
    url_path: Option<String>,
    #[serde(flatten)]
    share: Value,
}

#[derive(Clone, Copy, Deserialize)]
struct Share {
    fixed_target: u32,
    #[serde(deserialize_with = "rate")]
    rate: Rate,
}

impl Share {
    /// A reservoir that is this process's alone, for ever.
    fn sampler(self) -> Sampler {
        let mut sampler = Sampler::new(self.rate, 0);
        sampler.aim(Target {
            rate: self.rate,
            quota: Some(Quota {
                per_second: self.fixed_target,
                until: Timestamp::from_micros(u64::MAX),
            }),
        });
        sampler
    }
}

impl LocalRules {
    /// Reads the JSON of a file of version 1 or 2 (X-Ray Developer Guide, "Configuring sampling rules" of the SDKs).
    ///
    /// ```
    /// use lambda_xray::sampling::LocalRules;
    ///
    /// let error = LocalRules::parse(r#"{"version": 3}"#).err().map(|error| error.to_string());
    /// assert_eq!(error.as_deref(), Some("the sampling rules are of version 3; write \"version\": 2"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, LocalRulesError> {
        let file: File = serde_json::from_str(text)?;
        let host = match file.version {
            1 => "service_name",
            2 => "host",
            other => return Err(LocalRulesError::Version(other)),
        };
        let rules = (1..).zip(file.rules);
        let rules = rules.map(|(place, line)| line.rule(place, host));
        let default = file.default.ok_or(LocalRulesError::NoDefault)?;
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
            otherwise: default.otherwise()?,
        })
    }

    pub(super) fn decide(&mut self, now: Timestamp, random: f64, request: &Request<'_>) -> bool {
        let rule = self.rules.iter_mut().find(|rule| rule.fits(request));
        let sampler = rule.map_or(&mut self.otherwise, |rule| &mut rule.sampler);
        sampler.decide(now, random).is_sampled()
    }
}

impl Line {
    fn rule(self, place: usize, host_key: &'static str) -> Result<LocalRule, LocalRulesError> {
        let host = match host_key {
            "host" => self.host,
            _ => self.service_name,
        };
        let lacks = |key| LocalRulesError::NoCondition(place, key);
        let share = Share::deserialize(self.share);
        Ok(LocalRule {
            host: host.ok_or_else(|| lacks(host_key))?,
            http_method: self.http_method.ok_or_else(|| lacks("http_method"))?,
            url_path: self.url_path.ok_or_else(|| lacks("url_path"))?,
            sampler: share
                .map_err(|error| LocalRulesError::Rule(place, error))?
                .sampler(),
        })
    }

    fn otherwise(self) -> Result<Sampler, LocalRulesError> {
        let conditions = [
            ("host", self.host),
            ("service_name", self.service_name),
            ("http_method", self.http_method),
            ("url_path", self.url_path),
        ];
        if let Some((key, _)) = conditions.into_iter().find(|(_, said)| said.is_some()) {
            return Err(LocalRulesError::Condition(key));
        }
        let share = Share::deserialize(self.share).map_err(LocalRulesError::Default)?;
        Ok(share.sampler())
    }
}

/// In the file's own words: [`RateError`](xray_segment::sampling::RateError) speaks those of the API.
fn rate<'de, D: Deserializer<'de>>(value: D) -> Result<Rate, D::Error> {
    let rate = f64::deserialize(value)?;
    let error = || D::Error::custom(format!("rate is {rate}; give a number from 0 to 1"));
    Rate::try_from(rate).map_err(|_| error())
}

impl LocalRule {
    fn fits(&self, request: &Request<'_>) -> bool {
        let fits = |pattern: &str, known: Option<&str>| known.is_none_or(|it| matches(pattern, it));
        fits(&self.host, request.host)
            && fits(&self.http_method, request.http_method)
            && fits(&self.url_path, request.url_path)
    }
}

impl Default for LocalRules {
    fn default() -> Self {
        let share = Share {
            fixed_target: 1,
            rate: Rate::try_from(0.05).unwrap_or(Rate::ALL),
        };
        Self {
            rules: Vec::new(),
            otherwise: share.sampler(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rules: &str, request: &Request<'_>, expected: &[bool]) {
        let mut rules = LocalRules::parse(rules).unwrap();
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let decided: Vec<_> = expected
            .iter()
            .map(|_| rules.decide(now, 0.5, request))
            .collect();
        assert_eq!(decided, expected, "{request:?}");
    }

    #[test]
    fn both_versions_are_read_and_the_first_rule_that_fits_decides() {
        for (version, host) in [(1, "service_name"), (2, "host")] {
            let rules = format!(
                r#"{{ "version": {version}, "rules": [
                    {{ "description": "health", "{host}": "*", "http_method": "GET", "url_path": "/health", "fixed_target": 0, "rate": 0 }},
                    {{ "{host}": "a.*", "http_method": "*", "url_path": "*", "fixed_target": 2, "rate": 0.4 }},
                    {{ "{host}": "*", "http_method": "*", "url_path": "/all", "fixed_target": 0, "rate": 1 }}
                ], "default": {{ "fixed_target": 1, "rate": 0.05 }} }}"#
            );
            let request = Request {
                host: Some("b.test"),
                http_method: Some("GET"),
                url_path: Some("/"),
                ..Request::default()
            };
            check(&rules, &request, &[true, false]);
            check(
                &rules,
                &Request {
                    url_path: Some("/health"),
                    ..request
                },
                &[false],
            );
            check(
                &rules,
                &Request {
                    url_path: Some("/health"),
                    http_method: Some("PUT"),
                    ..request
                },
                &[true, false],
            );
            check(
                &rules,
                &Request {
                    host: Some("A.test"),
                    ..request
                },
                &[true, true, false],
            );
            check(
                &rules,
                &Request {
                    url_path: Some("/all"),
                    ..request
                },
                &[true, true, true],
            );
        }
    }

    #[test]
    fn by_default_it_is_one_a_second_and_some() {
        let mut rules = LocalRules::default();
        let mut decide = |second: u64, random| {
            let now = Timestamp::from_micros(1_700_000_000_000_000 + second * 1_000_000);
            rules.decide(now, random, &Request::default())
        };
        assert_eq!(
            [decide(0, 0.5), decide(0, 0.5), decide(0, 0.049)],
            [true, false, true]
        );
        assert_eq!([decide(1, 0.5), decide(1, 0.05)], [true, false]);
    }
}
