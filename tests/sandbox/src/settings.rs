//! What an environment is configured with; made by the builder, never changed after.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How an environment came to be; goes to `AWS_LAMBDA_INITIALIZATION_TYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum InitializationType {
    /// Started by a request: one invocation at a time, frozen between them.
    #[default]
    OnDemand,
    /// Started ahead of requests: as on demand, and frozen after init too.
    ProvisionedConcurrency,
    /// Init happens once, ahead of invocations; a copy of what it left is restored for the first. Here the copy is the original, which stood still.
    SnapStart,
    /// Lambda Managed Instances: several invocations at once, never frozen, extensions get no INVOKE.
    ManagedInstances,
}

impl InitializationType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::ProvisionedConcurrency => "provisioned-concurrency",
            Self::SnapStart => "snap-start",
            Self::ManagedInstances => "lambda-managed-instances",
        }
    }
}

/// What becomes of subscriptions to the Telemetry API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Telemetry {
    /// Accepted (200) and delivered, as Lambda does.
    #[default]
    Delivered,
    /// Accepted (202) and never delivered, as local emulators do.
    AcceptedOnly,
    /// Refused (403).
    Refused,
}

/// How the processes get credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// Access key, secret and session token in the environment, as Lambda gives them.
    Keys,
    /// By `AWS_CONTAINER_CREDENTIALS_FULL_URI` and its token, as Lambda does with `SnapStart`.
    Container {
        /// Where they are asked for.
        uri: String,
        /// What `AWS_CONTAINER_AUTHORIZATION_TOKEN` is set to.
        token: String,
    },
    /// None at all.
    None,
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) function: PathBuf,
    pub(crate) extensions: Vec<PathBuf>,
    pub(crate) customer_env: BTreeMap<String, String>,
    pub(crate) removed_env: BTreeSet<String>,
    pub(crate) credentials: Credentials,
    pub(crate) daemon_address: SocketAddr,
    pub(crate) function_name: String,
    pub(crate) region: String,
    pub(crate) timeout: Duration,
    pub(crate) init_limit: Duration,
    pub(crate) memory_mb: u64,
    pub(crate) initialization: InitializationType,
    pub(crate) max_concurrency: u16,
    pub(crate) telemetry: Telemetry,
    pub(crate) freezes: bool,
    pub(crate) forwards_logs: bool,
}

/// The account in ARNs and in the answer to a registration: AWS's own for examples.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const FUNCTION_VERSION: &str = "$LATEST";
pub(crate) const HANDLER: &str = "bootstrap";

impl Settings {
    pub(crate) fn function_arn(&self) -> String {
        format!(
            "arn:aws:lambda:{}:{ACCOUNT}:function:{}",
            self.region, self.function_name
        )
    }

    pub(crate) fn is_managed(&self) -> bool {
        self.initialization == InitializationType::ManagedInstances
    }
}
