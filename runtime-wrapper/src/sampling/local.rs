//! Rules at hand: the files that the other SDKs read, of both versions.

use serde::Deserialize;
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
    /// The default goes without conditions, and it has to be there.
    #[error(
        "the sampling rules have no default; add \"default\": {{\"fixed_target\": 1, \"rate\": 0.05}}"
    )]
    NoDefault,
    /// Version 2 says `host`, version 1 `service_name`.
    #[error("sampling rule {0} has no \"{1}\"; say \"*\" for any")]
    NoHost(usize, &'static str),
}

/// The file.
#[derive(Deserialize)]
struct File {
    version: u64,
    #[serde(default)]
    rules: Vec<Line>,
    default: Option<Share>,
}

#[derive(Deserialize)]
struct Line {
    host: Option<String>,
    service_name: Option<String>,
    http_method: String,
    url_path: String,
    #[serde(flatten)]
    share: Share,
}

#[derive(Clone, Copy, Deserialize)]
struct Share {
    fixed_target: u32,
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
        let host_key = match file.version {
            1 => "service_name",
            2 => "host",
            other => return Err(LocalRulesError::Version(other)),
        };
        let otherwise = file.default.ok_or(LocalRulesError::NoDefault)?;
        let rules = file.rules.into_iter().enumerate().map(|(at, line)| {
            let host = match file.version {
                1 => line.service_name,
                _ => line.host,
            };
            Ok(LocalRule {
                host: host.ok_or(LocalRulesError::NoHost(at + 1, host_key))?,
                http_method: line.http_method,
                url_path: line.url_path,
                sampler: line.share.sampler(),
            })
        });
        Ok(Self {
            rules: rules.collect::<Result<_, LocalRulesError>>()?,
            otherwise: otherwise.sampler(),
        })
    }

    pub(super) fn decide(&mut self, now: Timestamp, random: f64, request: &Request<'_>) -> bool {
        let rule = self.rules.iter_mut().find(|rule| rule.fits(request));
        let sampler = rule.map_or(&mut self.otherwise, |rule| &mut rule.sampler);
        sampler.decide(now, random).is_sampled()
    }
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

    #[test]
    fn a_file_that_cannot_be_used_says_what_to_change() {
        let rule = r#"{"http_method": "*", "url_path": "*", "fixed_target": 1, "rate": 1}"#;
        for (file, part) in [
            ("", "cannot be read"),
            (r#"{"version": 3}"#, "write \"version\": 2"),
            (r#"{"version": 2}"#, "add \"default\""),
            (r#"{"version": 2, "default": {"fixed_target": 1}}"#, "rate"),
            (
                r#"{"version": 2, "default": {"fixed_target": 1, "rate": 1.5}}"#,
                "a number from 0 to 1",
            ),
            (
                r#"{"version": 2, "default": {"fixed_target": -1, "rate": 1}}"#,
                "expected u32",
            ),
            (
                &format!(
                    r#"{{"version": 2, "rules": [{rule}], "default": {{"fixed_target": 1, "rate": 1}}}}"#
                ),
                "rule 1 has no \"host\"",
            ),
            (
                &format!(
                    r#"{{"version": 1, "rules": [{rule}], "default": {{"fixed_target": 1, "rate": 1}}}}"#
                ),
                "rule 1 has no \"service_name\"",
            ),
        ] {
            let error = LocalRules::parse(file).unwrap_err().to_string();
            assert!(error.contains(part), "{file}: {error}");
        }
    }
}
