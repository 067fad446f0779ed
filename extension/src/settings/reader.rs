//! From variables to a [`Config`]: each is parsed here, once, and what is wrong with it is said in the table's words.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use aws_credential_types::Credentials;

use super::table::{
    ADDRESS, BUFFER, CA_BUNDLE, CALLS, CONTAINER, CREDENTIALS, ENDPOINT, ENDPOINT_XRAY, FLUSH,
    FLUSH_BUDGET, HTTPS_PROXY, KEEP, LOG, LOGS, METADATA, PLATFORM, PROFILE, REDACT, REGION,
    Setting, WEB_IDENTITY,
};
use super::{Config, Host};
use crate::credentials::{
    Authorization, Container, CredentialsSource, Profiles, SESSION, Search, WebIdentity,
};
use crate::decide::Keep;
use crate::lambda::RuntimeApi;
use crate::log::Level;
use crate::platform::Platform;
use crate::redact::Rules;
use crate::strategy::Mode;
use crate::tunnel::Tunnel;

pub(super) struct Reader<F> {
    pub(super) lookup: F,
    pub(super) memory: Option<u64>,
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
            (32, self.share_of_memory())
        };
        let address = (Ipv4Addr::LOCALHOST, 2000).into();
        let is_daemon = runtime_api.is_none();
        let host = self.host(is_daemon);
        Config {
            address: self.take(&ADDRESS, address, address_of),
            sampling_address: None,
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
            level: self.take(&LOG, Level::Info, |text| match text {
                "info" => Some(Level::Info),
                "debug" => Some(Level::Debug),
                _ => None,
            }),
            log_file: None,
            endpoint: self.endpoint(),
            region: self
                .text(REGION.name)
                .or_else(|| self.text("AWS_DEFAULT_REGION")),
            credentials: self.credentials(&host, is_daemon),
            role: None,
            resource_arn: None,
            local_mode: false,
            host,
            tunnel: self.tunnel(),
            ca_bundle: self
                .text(CA_BUNDLE.name)
                .or_else(|| self.text("SSL_CERT_FILE"))
                .map(PathBuf::from),
        }
    }

    /// A hundredth, but at least 64 MB and at most what the setting takes.
    fn share_of_memory(&self) -> usize {
        let megabytes = (self.memory.unwrap_or_default() / 100) >> 20;
        usize::try_from(megabytes)
            .unwrap_or(usize::MAX)
            .clamp(64, 4096)
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
        let parse = |text: &str| endpoint_of(text).map(Some);
        self.take(&ENDPOINT_XRAY, None, parse)
            .or_else(|| self.take(&ENDPOINT, None, parse))
    }

    fn tunnel(&mut self) -> Option<Tunnel> {
        let small = self.text("https_proxy");
        let tunnel = match self.take(&HTTPS_PROXY, None, |text| Tunnel::parse(text).map(Some)) {
            Some(tunnel) => tunnel,
            None => Tunnel::parse(&small?)?,
        };
        let except = self.text("NO_PROXY").or_else(|| self.text("no_proxy"));
        Some(tunnel.not_for(&except.unwrap_or_default()))
    }

    fn credentials(&self, host: &Host, is_daemon: bool) -> CredentialsSource {
        let key = self.text(CREDENTIALS.name);
        if let (Some(key), Some(secret)) = (key, self.text("AWS_SECRET_ACCESS_KEY")) {
            let token = self.text("AWS_SESSION_TOKEN");
            let keys = Credentials::new(key, secret, token, None, "environment");
            return CredentialsSource::Static(keys);
        }
        match self.container() {
            container if is_daemon => CredentialsSource::Search(Search {
                web_identity: self.web_identity(),
                profiles: host.profiles.clone(),
                container,
                instance: host.instance.clone(),
            }),
            Some(container) => CredentialsSource::Container(container),
            None => CredentialsSource::Missing,
        }
    }

    fn container(&self) -> Option<Container> {
        let relative = self.text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let uri = match relative {
            Some(path) => format!("http://169.254.170.2{path}"),
            None => self.text(CONTAINER.name)?,
        };
        let file = self.text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        let token = self.text("AWS_CONTAINER_AUTHORIZATION_TOKEN");
        let authorization = match (file, token) {
            (Some(file), _) => Authorization::File(file.into()),
            (None, Some(token)) => Authorization::Token(token),
            (None, None) => Authorization::None,
        };
        Some(Container { uri, authorization })
    }

    fn web_identity(&self) -> Option<WebIdentity> {
        let session = self.text("AWS_ROLE_SESSION_NAME");
        Some(WebIdentity {
            role: self.text("AWS_ROLE_ARN")?,
            token_file: self.text(WEB_IDENTITY.name)?.into(),
            session: session.unwrap_or_else(|| SESSION.to_owned()),
        })
    }

    fn host(&self, is_daemon: bool) -> Host {
        if !is_daemon {
            return Host::default();
        }
        let is = |name: &str| {
            self.text(name)
                .is_some_and(|text| text.eq_ignore_ascii_case("true"))
        };
        let instance = self.text("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        let instance = instance.unwrap_or_else(|| "http://169.254.169.254".to_owned());
        let ecs_metadata = self.text("ECS_CONTAINER_METADATA_FILE");
        let sts = self.text("AWS_ENDPOINT_URL_STS");
        let sts = sts.or_else(|| self.text(ENDPOINT.name));
        Host {
            instance: (!is(METADATA.name)).then_some(instance),
            ecs_metadata: ecs_metadata
                .filter(|_| is("ECS_ENABLE_CONTAINER_METADATA"))
                .map(PathBuf::from),
            profiles: self.profiles(),
            sts_endpoint: sts.as_deref().and_then(endpoint_of),
            name: self.text("AWS_HOSTNAME").or_else(|| self.text("HOSTNAME")),
            instance_id: self.text("AWS_INSTANCE_ID"),
        }
    }

    fn profiles(&self) -> Option<Profiles> {
        let home = self.text("HOME").map(PathBuf::from);
        let file = |name: &str, usual: &str| {
            let usual = home.as_ref().map(|home| home.join(".aws").join(usual));
            self.text(name).map(PathBuf::from).or(usual)
        };
        let name = self.text(PROFILE.name);
        Some(Profiles {
            is_named: name.is_some(),
            name: name.unwrap_or_else(|| "default".to_owned()),
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
            config: file("AWS_CONFIG_FILE", "config")?,
        })
    }
}

pub(crate) fn address_of(text: &str) -> Option<SocketAddr> {
    // The one name that needs no lookup.
    text.replace("localhost:", "127.0.0.1:").parse().ok()
}

pub(crate) fn endpoint_of(text: &str) -> Option<String> {
    let uri = text.parse::<http::Uri>().ok()?;
    let is_usable = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    is_usable.then(|| text.to_owned())
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

pub(crate) fn within(text: &str, range: std::ops::RangeInclusive<usize>) -> Option<usize> {
    text.parse().ok().filter(|number| range.contains(number))
}
