//! Every setting, once: from one [table](SETTINGS) come the typed [`Config`], what is said of a wrong value, and `docs/settings.md`.
//!
//! The environment is passed in as a lookup, so that nothing deep inside reads it.

mod page;
mod reader;
mod table;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use page::page;
pub(crate) use reader::{address_of, endpoint_of, within};
pub use table::*;

use crate::credentials::{CredentialsSource, Profiles};
use crate::decide::Keep;
use crate::lambda::RuntimeApi;
use crate::log::Level;
use crate::platform::Platform;
use crate::redact::Rules;
use crate::strategy::Mode;
use crate::tunnel::Tunnel;
use reader::Reader;

/// Whom a daemon may ask about the machine it runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// The URL of EC2's instance metadata.
    pub instance: Option<String>,
    /// The file that ECS writes for each container.
    pub ecs_metadata: Option<PathBuf>,
    /// The files that AWS's tools share.
    pub profiles: Option<Profiles>,
    /// The URL of STS, where it is not the region's.
    pub sts_endpoint: Option<String>,
    /// Its name, as telemetry tells it.
    pub name: Option<String>,
    /// The EC2 instance's id, where it need not be asked.
    pub instance_id: Option<String>,
}

/// A file for lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// Where.
    pub path: PathBuf,
    /// Whether it is put aside for a new one when it has grown large.
    pub rotates: bool,
}

/// What the settings say.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where documents come in.
    pub address: SocketAddr,
    /// Where sampling rules are asked for, when not at the same number over TCP.
    pub sampling_address: Option<SocketAddr>,
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
    /// The name of the function whose lines go to a local X-Ray; none when they do not.
    pub logs: Option<String>,
    /// The least grave line that is written; with the least of all, one for each flush.
    pub level: Level,
    /// Where lines are written, in place of stderr.
    pub log_file: Option<LogFile>,
    /// X-Ray's URL, where it is not the region's.
    pub endpoint: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Where credentials come from.
    pub credentials: CredentialsSource,
    /// The ARN of a role to assume with them.
    pub role: Option<String>,
    /// The ARN of the resource this runs on, for telemetry.
    pub resource_arn: Option<String>,
    /// Whether EC2's metadata is asked for nothing but credentials.
    pub local_mode: bool,
    /// Whom to ask about the machine; nobody within Lambda.
    pub host: Host,
    /// The HTTP proxy on the way to AWS.
    pub tunnel: Option<Tunnel>,
    /// Certificate authorities beside the public ones.
    pub ca_bundle: Option<PathBuf>,
}

impl Config {
    /// Reads the settings through `lookup`. What is wrong is said in the second part; its default holds.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> (Self, Vec<String>) {
        Self::read_on(lookup, None)
    }

    /// The same on a machine with so many bytes of memory, of which a daemon's buffer takes a hundredth.
    pub fn read_on(
        lookup: impl Fn(&str) -> Option<String>,
        memory: Option<u64>,
    ) -> (Self, Vec<String>) {
        let mut reader = Reader {
            lookup,
            memory,
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
