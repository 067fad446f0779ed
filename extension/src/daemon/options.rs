//! What the X-Ray daemon can be told, by flag and in `cfg.yaml`: one table for both, so that a value means the same wherever it stands.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::log::Level;
use crate::settings::{Config, LogFile, address_of, endpoint_of, within};
use crate::tunnel::Tunnel;

/// An option, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Udp,
    Tcp,
    Region,
    Role,
    ResourceArn,
    LocalMode,
    Buffer,
    Calls,
    Endpoint,
    Proxy,
    LogFile,
    LogLevel,
    LogRotation,
    ConfigFile,
    NoVerify,
    FileVersion,
    Version,
    Help,
}

/// One row of the table; a name that an option does not have is empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) key: Key,
    /// The flag's one letter.
    pub(super) short: &'static str,
    /// The flag's word.
    pub(super) long: &'static str,
    /// The key in the file, with its section before a dot.
    pub(super) file: &'static str,
    /// Which values it takes; nothing for a flag that takes none.
    pub(super) takes: &'static str,
    pub(super) meaning: &'static str,
}

const fn row(
    key: Key,
    [short, long, file]: [&'static str; 3],
    takes: &'static str,
    meaning: &'static str,
) -> Row {
    Row {
        key,
        short,
        long,
        file,
        takes,
        meaning,
    }
}

const ADDRESS: &str = "an IP address and a port, as 127.0.0.1:2000";
const BOOL: &str = "true or false";

/// Every option.
#[rustfmt::skip]
pub(super) const ROWS: [Row; 18] = [
    row(Key::Udp, ["b", "bind", "Socket.UDPAddress"], ADDRESS, "Where documents are received over UDP."),
    row(Key::Tcp, ["t", "bind-tcp", "Socket.TCPAddress"], ADDRESS, "Where sampling rules are asked for over TCP."),
    row(Key::Region, ["n", "region", "Region"], "a region, as eu-central-1", "The region of X-Ray."),
    row(Key::Role, ["r", "role-arn", "RoleARN"], "the ARN of a role", "The role to assume for calls to X-Ray."),
    row(Key::ResourceArn, ["a", "resource-arn", "ResourceARN"], "an ARN of at most 500 characters", "The AWS resource this runs on, for telemetry."),
    row(Key::LocalMode, ["o", "local-mode", "LocalMode"], BOOL, "Asks EC2's metadata for neither region nor instance."),
    row(Key::Buffer, ["m", "buffer-memory", "TotalBufferSizeMB"], "megabytes from 1 to 4096", "How much is kept of what could not be sent yet."),
    row(Key::Calls, ["", "", "Concurrency"], "1 to 64", "How many calls to X-Ray may be in flight at once."),
    row(Key::Endpoint, ["", "", "Endpoint"], "a URL with http:// or https://", "Another X-Ray than the region's."),
    row(Key::Proxy, ["p", "proxy-address", "ProxyAddress"], "http://HOST:PORT", "The HTTP proxy through which AWS is called."),
    row(Key::LogFile, ["f", "log-file", "Logging.LogPath"], "a path", "Where lines are written, in place of stderr."),
    row(Key::LogLevel, ["l", "log-level", "Logging.LogLevel"], "dev, debug, info, prod, warn or error", "The least grave line that is written."),
    row(Key::LogRotation, ["", "", "Logging.LogRotation"], BOOL, "Whether a log file of 50 MB is put aside for a new one."),
    row(Key::ConfigFile, ["c", "config", ""], "a path", "The configuration file."),
    row(Key::NoVerify, ["", "", "NoVerifySSL"], BOOL, "Certificates are always verified: a private authority is named by AWS_CA_BUNDLE."),
    row(Key::FileVersion, ["", "", "Version"], "1 or 2", "The version of the file's format."),
    row(Key::Version, ["v", "version", ""], "", "Says the version, and ends."),
    row(Key::Help, ["h", "help", ""], "", "Says this, and ends."),
];

/// What was said; what was not is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Options {
    udp: Option<SocketAddr>,
    tcp: Option<SocketAddr>,
    region: Option<String>,
    role: Option<String>,
    resource_arn: Option<String>,
    local_mode: Option<bool>,
    buffer_bytes: Option<usize>,
    calls: Option<usize>,
    endpoint: Option<String>,
    tunnel: Option<Tunnel>,
    log_file: Option<PathBuf>,
    log_level: Option<Level>,
    log_rotation: Option<bool>,
    pub(super) config_file: Option<PathBuf>,
}

/// The daemon's own, whatever the documents' port is.
const TCP: SocketAddr = SocketAddr::V4(std::net::SocketAddrV4::new(Ipv4Addr::LOCALHOST, 2000));

impl Options {
    /// Takes a value, or says what is wrong with it; `name` is where it stands.
    pub(super) fn set(&mut self, row: &Row, name: &str, text: &str) -> Result<(), String> {
        if row.key == Key::NoVerify && text == "true" {
            return Err(format!("{name} is not supported. {}", row.meaning));
        }
        if self.take(row.key, text).is_some() {
            return Ok(());
        }
        Err(format!(
            "{name} is {text:?}, which it cannot be: it takes {}; it is left out",
            row.takes
        ))
    }

    fn take(&mut self, key: Key, text: &str) -> Option<()> {
        match key {
            Key::Udp => self.udp = Some(bound(text)?),
            Key::Tcp => self.tcp = Some(bound(text)?),
            Key::Region => self.region = Some(text.to_owned()),
            Key::Role => self.role = Some(arn(text)?),
            Key::ResourceArn => self.resource_arn = Some(arn(text)?),
            Key::LocalMode => self.local_mode = Some(text.parse().ok()?),
            // The daemon's own file says 0 for its default.
            Key::Buffer if text == "0" => {}
            Key::Buffer => self.buffer_bytes = Some(within(text, 1..=4096)? << 20),
            Key::Calls => self.calls = Some(within(text, 1..=64)?),
            Key::Endpoint => self.endpoint = Some(endpoint_of(text)?),
            Key::Proxy => self.tunnel = Some(Tunnel::parse(text)?),
            Key::LogFile => self.log_file = Some(text.into()),
            Key::LogLevel => self.log_level = Some(level(text)?),
            Key::LogRotation => self.log_rotation = Some(text.parse().ok()?),
            Key::ConfigFile => self.config_file = Some(text.into()),
            Key::FileVersion => {
                within(text, 1..=2)?;
            }
            Key::NoVerify => {
                text.parse::<bool>().ok()?;
            }
            Key::Version | Key::Help => {}
        }
        Some(())
    }

    /// Changes what was said, and leaves the rest as the environment has it.
    pub(super) fn apply(self, config: &mut Config) {
        if let Some(udp) = self.udp {
            config.address = udp;
            // As with the daemon: who lets others send documents does not let them sign calls.
            config.sampling_address = Some(TCP);
        }
        config.sampling_address = self.tcp.or(config.sampling_address);
        config.region = self.region.or(config.region.take());
        config.role = self.role.or(config.role.take());
        config.endpoint = self.endpoint.or(config.endpoint.take());
        config.resource_arn = self.resource_arn;
        config.local_mode = self.local_mode.unwrap_or(config.local_mode);
        config.buffer_bytes = self.buffer_bytes.unwrap_or(config.buffer_bytes);
        config.calls = self.calls.unwrap_or(config.calls);
        if let Some(tunnel) = self.tunnel {
            config.tunnel = Some(tunnel.except(config.tunnel.take()));
        }
        config.level = self.log_level.unwrap_or(config.level);
        let rotates = self.log_rotation.unwrap_or(true);
        config.log_file = self.log_file.map(|path| LogFile { path, rotates });
    }

    /// These, and where they say nothing, those.
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            udp: self.udp.or(below.udp),
            tcp: self.tcp.or(below.tcp),
            region: self.region.or(below.region),
            role: self.role.or(below.role),
            resource_arn: self.resource_arn.or(below.resource_arn),
            local_mode: self.local_mode.or(below.local_mode),
            buffer_bytes: self.buffer_bytes.or(below.buffer_bytes),
            calls: self.calls.or(below.calls),
            endpoint: self.endpoint.or(below.endpoint),
            tunnel: self.tunnel.or(below.tunnel),
            log_file: self.log_file.or(below.log_file),
            log_level: self.log_level.or(below.log_level),
            log_rotation: self.log_rotation.or(below.log_rotation),
            config_file: self.config_file.or(below.config_file),
        }
    }
}

/// As Go reads addresses: without a host it is every interface.
fn bound(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix(':') {
        Some(port) => Some((Ipv4Addr::UNSPECIFIED, port.parse().ok()?).into()),
        None => address_of(text),
    }
}

fn arn(text: &str) -> Option<String> {
    (text.starts_with("arn:") && text.len() <= 500).then(|| text.to_owned())
}

fn level(text: &str) -> Option<Level> {
    Some(match text {
        "dev" | "debug" => Level::Debug,
        "info" | "prod" => Level::Info,
        "warn" => Level::Warn,
        "error" => Level::Error,
        _ => return None,
    })
}
