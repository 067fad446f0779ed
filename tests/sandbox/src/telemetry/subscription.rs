//! What an extension asks for with `PUT /2022-07-01/telemetry`, checked as the API checks it.

use std::time::Duration;

use hyper::Uri;
use serde::Deserialize;

/// The kinds of records one can subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Category {
    Platform,
    Function,
    Extension,
}

impl Category {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Function => "function",
            Self::Extension => "extension",
        }
    }
}

/// A valid subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) types: Vec<Category>,
    pub(crate) buffering: Buffering,
    /// `host:port` of the subscriber, its host resolved to this machine.
    pub(crate) authority: String,
    pub(crate) path: String,
}

/// When a batch is posted: as soon as one of these is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Buffering {
    pub(crate) max_items: usize,
    pub(crate) max_bytes: usize,
    timeout_ms: u64,
}

impl Default for Buffering {
    fn default() -> Self {
        Self {
            max_items: 10_000,
            max_bytes: 262_144,
            timeout_ms: 1_000,
        }
    }
}

impl Buffering {
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    fn check(self) -> Result<Self, String> {
        within("maxItems", &self.max_items, 1_000..=10_000)?;
        within("maxBytes", &self.max_bytes, 262_144..=1_048_576)?;
        within("timeoutMs", &self.timeout_ms, 25..=30_000)?;
        Ok(self)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    schema_version: String,
    types: Vec<Category>,
    #[serde(default)]
    buffering: Buffering,
    destination: Destination,
}

#[derive(Deserialize)]
struct Destination {
    protocol: String,
    #[serde(rename = "URI", alias = "uri")]
    uri: String,
}

const SCHEMA_VERSIONS: [&str; 3] = ["2022-07-01", "2022-12-13", "2025-01-29"];
/// The only schema that Managed Instances know.
const MANAGED_SCHEMA_VERSION: &str = "2025-01-29";

impl Subscription {
    /// Reads the body of a subscription; the error is for the one who asked.
    pub(crate) fn parse(body: &[u8], managed: bool) -> Result<Self, String> {
        let request: Request = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        check_schema(&request.schema_version, managed)?;
        if request.types.is_empty() {
            return Err("types must name at least one of platform, function, extension".into());
        }
        if request.destination.protocol != "HTTP" {
            return Err("the sandbox delivers by protocol HTTP only".into());
        }
        let (authority, path) = destination(&request.destination.uri)?;
        let buffering = request.buffering.check()?;
        Ok(Self {
            types: request.types,
            buffering,
            authority,
            path,
        })
    }
}

fn check_schema(version: &str, managed: bool) -> Result<(), String> {
    if managed && version != MANAGED_SCHEMA_VERSION {
        return Err(format!("schemaVersion must be {MANAGED_SCHEMA_VERSION}"));
    }
    if SCHEMA_VERSIONS.contains(&version) {
        return Ok(());
    }
    Err(format!(
        "schemaVersion must be one of {}",
        SCHEMA_VERSIONS.join(", ")
    ))
}

/// Address and path of a destination. Lambda's name for the environment itself means loopback here.
fn destination(uri: &str) -> Result<(String, String), String> {
    let parsed: Uri = uri
        .parse()
        .map_err(|error| format!("destination.URI: {error}"))?;
    let host = match parsed.host() {
        Some("sandbox.localdomain" | "sandbox" | "localhost") => "127.0.0.1",
        Some(host @ ("127.0.0.1" | "0.0.0.0")) => host,
        _ => return Err("destination.URI must name the host sandbox.localdomain".into()),
    };
    let port = parsed.port_u16().unwrap_or(80);
    Ok((format!("{host}:{port}"), parsed.path().to_owned()))
}

fn within<T: PartialOrd + std::fmt::Display>(
    name: &str,
    value: &T,
    range: std::ops::RangeInclusive<T>,
) -> Result<(), String> {
    if range.contains(value) {
        return Ok(());
    }
    Err(format!(
        "buffering.{name} must be between {} and {}",
        range.start(),
        range.end()
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn request(changes: &Value) -> Vec<u8> {
        let mut request = json!({
            "schemaVersion": "2022-12-13",
            "types": ["platform"],
            "buffering": {"maxItems": 1000, "maxBytes": 262_144, "timeoutMs": 25},
            "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243/here"},
        });
        for (key, value) in changes.as_object().unwrap() {
            request[key] = value.clone();
        }
        serde_json::to_vec(&request).unwrap()
    }

    #[test]
    fn the_usual_subscription() {
        let subscription = Subscription::parse(&request(&json!({})), false).unwrap();
        assert_eq!(subscription.authority, "127.0.0.1:4243");
        assert_eq!(subscription.path, "/here");
        assert_eq!(subscription.types, [Category::Platform]);
        assert_eq!(subscription.buffering.timeout(), Duration::from_millis(25));
    }

    #[test]
    fn what_is_refused_and_the_word_that_says_why() {
        let cases = [
            (json!({"schemaVersion": "2021-01-01"}), "schemaVersion"),
            (json!({"types": []}), "types"),
            (json!({"types": ["logs"]}), "logs"),
            (json!({"buffering": {"timeoutMs": 24}}), "timeoutMs"),
            (json!({"buffering": {"maxItems": 10_001}}), "maxItems"),
            (json!({"buffering": {"maxBytes": 1}}), "maxBytes"),
            (
                json!({"destination": {"protocol": "TCP", "URI": "http://sandbox.localdomain"}}),
                "protocol",
            ),
            (
                json!({"destination": {"protocol": "HTTP", "URI": "http://example.com:1"}}),
                "host",
            ),
        ];
        for (changes, word) in cases {
            let error = Subscription::parse(&request(&changes), false).unwrap_err();
            assert!(error.contains(word), "{changes}: {error}");
        }
    }

    #[test]
    fn managed_instances_know_the_newest_schema_only() {
        assert!(Subscription::parse(&request(&json!({})), true).is_err());
        let newest = request(&json!({"schemaVersion": "2025-01-29"}));
        assert!(Subscription::parse(&newest, true).is_ok());
    }

    proptest! {
        #[test]
        fn no_body_is_too_strange(body in proptest::collection::vec(any::<u8>(), 0..200), uri in ".*") {
            let _ = Subscription::parse(&body, false);
            let destination = json!({"destination": {"protocol": "HTTP", "URI": uri}});
            let _ = Subscription::parse(&request(&destination), false);
        }
    }
}
