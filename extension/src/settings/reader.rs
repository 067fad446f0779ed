//! From variables to a [`Config`]: each is parsed here, once, and what is wrong with it is said in the table's words.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use aws_credential_types::Credentials;

use super::table::{
    ADDRESS, BUFFER, CA_BUNDLE, CALLS, CONTAINER, CREDENTIALS, ENDPOINT, ENDPOINT_XRAY, FLUSH,
    FLUSH_BUDGET, KEEP, LOG, LOGS, PLATFORM, REDACT, REGION, Setting,
};
use super::{Config, CredentialsSource};
use crate::decide::Keep;
use crate::lambda::RuntimeApi;
use crate::platform::Platform;
use crate::redact::Rules;
use crate::strategy::Mode;

pub(super) struct Reader<F> {
    pub(super) lookup: F,
    pub(super) wrong: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    pub(super) fn config(&mut self) -> Config {
        let runtime_api = self
            .text("AWS_LAMBDA_RUNTIME_API")
            .map(|api| RuntimeApi::parse(&api));
        let initialization = self.text("AWS_LAMBDA_INITIALIZATION_TYPE");
        let managed = initialization.as_deref() == Some("lambda-managed-instances");
        let (calls, megabytes) = if runtime_api.is_some() {
            (4, 16)
        } else {
            (32, 64)
        };
        let address = (Ipv4Addr::LOCALHOST, 2000).into();
        Config {
            address: self.take(&ADDRESS, address, address_of),
            mode: self.mode(runtime_api.is_some() && !managed),
            runtime_api,
            managed,
            snap_start: initialization.as_deref() == Some("snap-start"),
            flush_budget: self.take(&FLUSH_BUDGET, Duration::from_secs(1), |text| {
                within(text, 1..=60_000).map(|ms| Duration::from_millis(ms as u64))
            }),
            buffer_bytes: self.take(&BUFFER, megabytes << 20, |text| {
                within(text, 1..=4096).map(|megabytes| megabytes << 20)
            }),
            calls: self.take(&CALLS, calls, |text| within(text, 1..=64)),
            redact: self.take(&REDACT, None, |text| Rules::parse(text).map(Some)),
            keep: self.take(&KEEP, None, |text| Keep::parse(text).map(Some)),
            platform: self.take(&PLATFORM, Platform::Off, Platform::parse),
            logs: self.logs(),
            debug: self.take(&LOG, false, |text| match text {
                "info" => Some(false),
                "debug" => Some(true),
                _ => None,
            }),
            endpoint: self.endpoint(),
            region: self
                .text(REGION.name)
                .or_else(|| self.text("AWS_DEFAULT_REGION")),
            credentials: self.credentials(),
            ca_bundle: self
                .text(CA_BUNDLE.name)
                .or_else(|| self.text("SSL_CERT_FILE"))
                .map(PathBuf::from),
        }
    }

    /// A variable that is set and not empty.
    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    fn take<T>(&mut self, setting: &Setting, default: T, parse: impl Fn(&str) -> Option<T>) -> T {
        let Some(text) = self.text(setting.name) else {
            return default;
        };
        if let Some(value) = parse(&text) {
            return value;
        }
        let default_text = match setting.default {
            "" => "it is left out",
            text => &format!("{text} is used"),
        };
        self.wrong.push(format!(
            "{} is {text:?}, which it cannot be: it takes {}; {default_text}",
            setting.name, setting.allowed
        ));
        default
    }

    fn mode(&mut self, frozen: bool) -> Mode {
        let mode = self.take(&FLUSH, Mode::End, mode_of);
        match mode {
            Mode::End | Mode::Deferred | Mode::Adaptive if !frozen => {
                Mode::Periodic(Duration::from_secs(1))
            }
            mode => mode,
        }
    }

    fn logs(&mut self) -> Option<String> {
        let asked = self.take(&LOGS, false, |text| match text {
            "off" => Some(false),
            "on" => Some(true),
            _ => None,
        });
        let endpoint = self
            .text(ENDPOINT_XRAY.name)
            .or_else(|| self.text(ENDPOINT.name));
        let is_local = endpoint.is_some_and(|endpoint| !endpoint.contains(".amazonaws.com"));
        if asked && !is_local {
            self.wrong.push(format!(
                "{} is \"on\", but AWS's X-Ray takes no lines: set {} to a local X-Ray; off is used",
                LOGS.name, ENDPOINT_XRAY.name
            ));
        }
        let function = self.text("AWS_LAMBDA_FUNCTION_NAME");
        (asked && is_local).then(|| function.unwrap_or_else(|| "function".to_owned()))
    }

    fn endpoint(&mut self) -> Option<String> {
        let parse = |text: &str| {
            let uri = text.parse::<http::Uri>().ok()?;
            (matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
                .then(|| Some(text.to_owned()))
        };
        self.take(&ENDPOINT_XRAY, None, parse)
            .or_else(|| self.take(&ENDPOINT, None, parse))
    }

    fn credentials(&self) -> CredentialsSource {
        let key = self.text(CREDENTIALS.name);
        if let (Some(key), Some(secret)) = (key, self.text("AWS_SECRET_ACCESS_KEY")) {
            let token = self.text("AWS_SESSION_TOKEN");
            return CredentialsSource::Static(Credentials::new(
                key,
                secret,
                token,
                None,
                "environment",
            ));
        }
        match self.text(CONTAINER.name) {
            Some(uri) => CredentialsSource::Container {
                uri,
                token: self.text("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
            },
            None => CredentialsSource::Missing,
        }
    }
}

fn address_of(text: &str) -> Option<SocketAddr> {
    // The one name that needs no lookup.
    text.replace("localhost:", "127.0.0.1:").parse().ok()
}

fn mode_of(text: &str) -> Option<Mode> {
    match text.split_once(':') {
        None if text == "end" => Some(Mode::End),
        None if text == "deferred" => Some(Mode::Deferred),
        None if text == "adaptive" => Some(Mode::Adaptive),
        Some(("periodic", every)) => {
            within(every, 10..=60_000).map(|ms| Mode::Periodic(Duration::from_millis(ms as u64)))
        }
        _ => None,
    }
}

fn within(text: &str, range: std::ops::RangeInclusive<usize>) -> Option<usize> {
    text.parse().ok().filter(|number| range.contains(number))
}
