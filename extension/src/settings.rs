//! Every setting, once: from this table come the typed [`Config`], what is said of a wrong value, and `docs/settings.md`.
//!
//! The environment is passed in as a lookup, so that nothing deep inside reads it.

use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use aws_credential_types::Credentials;

use crate::decide::Keep;
use crate::lambda::RuntimeApi;
use crate::platform::Platform;
use crate::redact::Rules;
use crate::strategy::Mode;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// What holds when it is not set.
    pub default: &'static str,
    /// Which values it takes.
    pub allowed: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// Where documents come in.
pub const ADDRESS: Setting = Setting {
    name: "XRAY_EXTENSION_ADDRESS",
    default: "127.0.0.1:2000",
    allowed: "an IP address and a port, as `127.0.0.1:2000`; port 0 takes a free one",
    meaning: "Where the extension receives documents over UDP, and passes on sampling rules over TCP. The wrapper in the function reads it too.",
};

/// When documents are sent.
pub const FLUSH: Setting = Setting {
    name: "XRAY_EXTENSION_FLUSH",
    default: "end",
    allowed: "`end`, `deferred`, `adaptive`, `periodic:MILLISECONDS` with 10 to 60000",
    meaning: "When documents are sent: at the end of each invocation; during the next one, so that no invocation waits; \
              whichever of the two suits how often invocations come; or every so often. \
              Outside Lambda and on Lambda Managed Instances the default is `periodic:1000`, and the first three mean it too.",
};

/// What a slow X-Ray may cost an invocation.
pub const FLUSH_BUDGET: Setting = Setting {
    name: "XRAY_EXTENSION_FLUSH_BUDGET_MS",
    default: "1000",
    allowed: "milliseconds from 1 to 60000",
    meaning: "How long sending may hold an invocation's end. What is not sent by then is sent later. Never longer than the function's deadline less 100 ms.",
};

/// What is kept while X-Ray cannot be reached.
pub const BUFFER: Setting = Setting {
    name: "XRAY_EXTENSION_BUFFER_MB",
    default: "16",
    allowed: "megabytes from 1 to 4096",
    meaning: "How much is kept of what could not be sent yet. When it is full, the oldest trace's documents are dropped, counted and said. \
              Outside Lambda the default is 64.",
};

/// What is replaced before it is sent.
pub const REDACT: Setting = Setting {
    name: "XRAY_EXTENSION_REDACT",
    default: "",
    allowed: "parts with `;` between them: `annotations:KEY,KEY`, `metadata:KEY,KEY`, `query`",
    meaning: "What is replaced by the word `redacted` before it is sent: annotations with these keys, metadata with these keys at any depth, \
              the queries of URLs in `http.request.url`. Keys are compared without regard to case.",
};

/// Which traces are sent.
pub const KEEP: Setting = Setting {
    name: "XRAY_EXTENSION_KEEP",
    default: "",
    allowed: "parts with `,` between them: `faults`, `errors`, `slower:500ms` or `slower:2s`, `share:10%`",
    meaning: "Which traces are sent, where not all are: those with a fault, with an error or a throttle, those that take longer, and this share of all \
              others, chosen by the trace's id. Decided when the invocation ends, and outside Lambda when the segment has come, or after 10 s.",
};

/// What the platform measured.
pub const PLATFORM: Setting = Setting {
    name: "XRAY_EXTENSION_PLATFORM",
    default: "off",
    allowed: "`off`, `notable`, `all`",
    meaning: "Which sampled invocations get a subsegment with what Lambda measured: memory, billed time, cold start, and where the time went. \
              `notable` are cold starts, failures, and those that used 90 % of their memory.",
};

/// Calls in flight.
pub const CALLS: Setting = Setting {
    name: "XRAY_EXTENSION_CALLS",
    default: "4",
    allowed: "1 to 64",
    meaning: "How many calls to X-Ray may be in flight at once. Outside Lambda the default is 32.",
};

/// How much is said.
pub const LOG: Setting = Setting {
    name: "XRAY_EXTENSION_LOG",
    default: "info",
    allowed: "`info`, `debug`",
    meaning: "With `debug`, a line for each flush. Lines are JSON, on stderr.",
};

/// Another X-Ray, for this service alone.
pub const ENDPOINT_XRAY: Setting = Setting {
    name: "AWS_ENDPOINT_URL_XRAY",
    default: "",
    allowed: "a URL with `http://` or `https://`",
    meaning: "Another X-Ray than AWS's in the region, as a local one at `http://127.0.0.1:2080`.",
};

/// Another AWS.
pub const ENDPOINT: Setting = Setting {
    name: "AWS_ENDPOINT_URL",
    default: "",
    allowed: "a URL with `http://` or `https://`",
    meaning: "The same, when `AWS_ENDPOINT_URL_XRAY` is not set.",
};

/// The region.
pub const REGION: Setting = Setting {
    name: "AWS_REGION",
    default: "",
    allowed: "a region, as `eu-central-1`",
    meaning: "The region of X-Ray. Lambda sets it. `AWS_DEFAULT_REGION` stands in for it.",
};

/// The credentials' key id; its two companions belong to it.
pub const CREDENTIALS: Setting = Setting {
    name: "AWS_ACCESS_KEY_ID",
    default: "",
    allowed: "an access key id",
    meaning: "Credentials, with `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. Lambda sets them.",
};

/// Credentials from a container.
pub const CONTAINER: Setting = Setting {
    name: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    default: "",
    allowed: "a URL",
    meaning: "Where credentials are fetched, with `AWS_CONTAINER_AUTHORIZATION_TOKEN`. Lambda sets them for SnapStart.",
};

/// Further certificate authorities.
pub const CA_BUNDLE: Setting = Setting {
    name: "AWS_CA_BUNDLE",
    default: "",
    allowed: "a file of certificates in PEM",
    meaning: "Certificate authorities to trust beside the public ones, which are compiled in. `SSL_CERT_FILE` stands in for it.",
};

/// Every setting, in the order in which the page shows them.
pub const SETTINGS: [Setting; 15] = [
    ADDRESS,
    FLUSH,
    FLUSH_BUDGET,
    BUFFER,
    CALLS,
    REDACT,
    KEEP,
    PLATFORM,
    LOG,
    ENDPOINT_XRAY,
    ENDPOINT,
    REGION,
    CREDENTIALS,
    CONTAINER,
    CA_BUNDLE,
];

/// Where credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsSource {
    /// From the environment.
    Static(Credentials),
    /// From a container's endpoint.
    Container {
        /// Where.
        uri: String,
        /// Sent as `Authorization`.
        token: Option<String>,
    },
    /// From nowhere.
    Missing,
}

/// What the settings say.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where documents come in.
    pub address: SocketAddr,
    /// Lambda's API; without it the extension is a daemon.
    pub runtime_api: Option<RuntimeApi>,
    /// Whether this is a Lambda Managed Instance: no INVOKE, never frozen.
    pub managed: bool,
    /// Whether this environment is restored from a snapshot before its first invocation.
    pub snap_start: bool,
    /// When documents are sent.
    pub mode: Mode,
    /// How long a flush may hold an invocation.
    pub flush_budget: Duration,
    /// Bytes kept of what is not sent yet.
    pub buffer_bytes: usize,
    /// Calls in flight at once.
    pub calls: usize,
    /// What is replaced before it is sent.
    pub redact: Option<Rules>,
    /// Which traces are sent, where not all are.
    pub keep: Option<Keep>,
    /// Which invocations get a subsegment of what the platform measured.
    pub platform: Platform,
    /// Whether each flush is said.
    pub debug: bool,
    /// X-Ray's URL, where it is not the region's.
    pub endpoint: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Where credentials come from.
    pub credentials: CredentialsSource,
    /// Certificate authorities beside the public ones.
    pub ca_bundle: Option<PathBuf>,
}

impl Config {
    /// Reads the settings through `lookup`. What is wrong is said in the second part; its default holds.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> (Self, Vec<String>) {
        let mut reader = Reader {
            lookup,
            wrong: Vec::new(),
        };
        let config = reader.config();
        (config, reader.wrong)
    }

    /// Whether the process is frozen between invocations.
    pub fn freezes(&self) -> bool {
        self.runtime_api.is_some() && !self.managed
    }
}

struct Reader<F> {
    lookup: F,
    wrong: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn config(&mut self) -> Config {
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

/// `docs/settings.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# Settings of the extension\n\n\
         Environment variables; the function's own are the extension's too. A value that a setting cannot take is said at start, and its default holds.\n\n\
         | variable | default | takes | what it does |\n|---|---|---|---|\n",
    );
    for Setting {
        name,
        default,
        allowed,
        meaning,
    } in SETTINGS
    {
        let default = if default.is_empty() {
            String::new()
        } else {
            format!("`{default}`")
        };
        let written = writeln!(page, "| `{name}` | {default} | {allowed} | {meaning} |");
        debug_assert!(written.is_ok(), "into memory always");
    }
    page.push_str(
        "\nLambda's own variables are read as well: `AWS_LAMBDA_RUNTIME_API` (without it the extension is a daemon: it receives, sends every \
         second, and ends at SIGTERM or SIGINT) and `AWS_LAMBDA_INITIALIZATION_TYPE`.\n\n\
         This page is generated from the table in `extension/src/settings.rs`: `UPDATE=1 cargo test -p lambda-xray-extension settings` writes it.\n",
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Config, Vec<String>) {
        Config::read(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_page_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page());
    }

    #[test]
    fn the_defaults_that_are_shown_are_the_ones_that_hold() {
        let shown: Vec<_> = SETTINGS
            .iter()
            .map(|setting| (setting.name, setting.default))
            .collect();
        let lambda = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        let shown: Vec<_> = shown.into_iter().chain([lambda]).collect();
        assert_eq!(read(&shown), read(&[lambda]));
    }

    #[track_caller]
    fn check_wrong(name: &str, value: &str) {
        let (config, wrong) = read(&[(name, value)]);
        assert_eq!(config, read(&[]).0, "{name}={value}");
        assert_eq!(wrong.len(), 1, "{name}={value}");
        assert!(
            wrong[0].contains(name) && wrong[0].contains("takes"),
            "{wrong:?}"
        );
    }

    #[test]
    fn a_wrong_value_is_said_and_its_default_holds() {
        for value in ["nowhere", "127.0.0.1", "example.com:2000", ":2000"] {
            check_wrong("XRAY_EXTENSION_ADDRESS", value);
        }
        for value in ["0", "-1", "1s", "99999999999999999999"] {
            check_wrong("XRAY_EXTENSION_FLUSH_BUDGET_MS", value);
            check_wrong("XRAY_EXTENSION_BUFFER_MB", value);
            check_wrong("XRAY_EXTENSION_CALLS", value);
        }
        for value in ["END", "periodic", "periodic:0", "periodic:1s", "deferred:5"] {
            check_wrong("XRAY_EXTENSION_FLUSH", value);
        }
        check_wrong("XRAY_EXTENSION_LOG", "verbose");
        check_wrong("AWS_ENDPOINT_URL_XRAY", "127.0.0.1:2080");
        check_wrong("AWS_ENDPOINT_URL", "ftp://example.com");
    }

    #[test]
    fn right_values_hold() {
        let (config, wrong) = read(&[
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("XRAY_EXTENSION_ADDRESS", "localhost:2001"),
            ("XRAY_EXTENSION_FLUSH", "periodic:250"),
            ("AWS_ENDPOINT_URL", "http://localhost:2080"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ]);
        assert_eq!(wrong, [""; 0]);
        assert_eq!(config.address.to_string(), "127.0.0.1:2001");
        assert_eq!(config.mode, Mode::Periodic(Duration::from_millis(250)));
        assert_eq!(config.endpoint.as_deref(), Some("http://localhost:2080"));
        assert_eq!(config.region.as_deref(), Some("eu-west-1"));
        assert!(config.freezes());
    }

    #[test]
    fn managed_instances_and_daemons_send_periodically() {
        let managed = [
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances"),
        ];
        for variables in [&managed[..], &[]] {
            assert_eq!(
                read(variables).0.mode,
                Mode::Periodic(Duration::from_secs(1))
            );
        }
    }
}
