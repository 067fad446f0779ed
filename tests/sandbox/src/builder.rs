//! How a sandbox is put together.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::sandbox::{Sandbox, StartError};
use crate::settings::{Credentials, InitializationType, Settings, Telemetry};

/// Lambda's own X-Ray daemon, as functions with active tracing see it.
const LAMBDA_DAEMON: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(169, 254, 79, 129)), 2000);
/// How long Lambda lets init on demand take.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// Lambda's default timeout.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Enough that no function is killed by chance.
const MEMORY_MB: u64 = 1024;

/// Puts a [`Sandbox`] together; made by [`Sandbox::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing runs before start"]
pub struct Builder {
    settings: Settings,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            settings: Settings {
                function: PathBuf::new(),
                extensions: Vec::new(),
                customer_env: BTreeMap::new(),
                removed_env: BTreeSet::new(),
                credentials: Credentials::Keys,
                daemon_address: LAMBDA_DAEMON,
                function_name: String::new(),
                region: "eu-central-1".to_owned(),
                timeout: TIMEOUT,
                init_limit: INIT_LIMIT,
                memory_mb: MEMORY_MB,
                initialization: InitializationType::default(),
                max_concurrency: 10,
                telemetry: Telemetry::default(),
                freezes: true,
                forwards_logs: false,
            },
        }
    }

    /// The function: an executable file that speaks the Runtime API, `bootstrap` in Lambda's words. It runs in
    /// the directory it lies in, which is also its `LAMBDA_TASK_ROOT`.
    pub fn function(mut self, path: impl AsRef<Path>) -> Self {
        path.as_ref().clone_into(&mut self.settings.function);
        self
    }

    /// One more external extension: an executable file whose base name is the name it must register with.
    pub fn extension(mut self, path: impl AsRef<Path>) -> Self {
        self.settings.extensions.push(path.as_ref().to_owned());
        self
    }

    /// A customer's environment variable, for the function and the extensions. Lambda refuses its own names here;
    /// the sandbox lets them replace the platform's value, so that a fault can be tried.
    ///
    /// `AWS_XRAY_DAEMON_ADDRESS` and what else Lambda withholds from extensions goes to the function only.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.customer_env.insert(name.into(), value.into());
        self
    }

    /// Takes an environment variable from all processes, also one that the platform sets: no region, for example.
    pub fn env_remove(mut self, name: impl Into<String>) -> Self {
        self.settings.removed_env.insert(name.into());
        self
    }

    /// How the processes get credentials: keys that no one would accept, unless told otherwise.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.settings.credentials = credentials;
        self
    }

    /// What the function gets as `AWS_XRAY_DAEMON_ADDRESS`, by default the address of Lambda's own daemon, where
    /// nothing listens on this machine.
    pub fn daemon_address(mut self, address: SocketAddr) -> Self {
        self.settings.daemon_address = address;
        self
    }

    /// The function's name, by default that of its file.
    pub fn function_name(mut self, name: impl Into<String>) -> Self {
        self.settings.function_name = name.into();
        self
    }

    /// `AWS_REGION`, by default `eu-central-1`.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.settings.region = region.into();
        self
    }

    /// How long an invocation may take, with the extensions' part; by default 3 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How long init may take; by default Lambda's 10 s.
    pub fn init_limit(mut self, limit: Duration) -> Self {
        self.settings.init_limit = limit;
        self
    }

    /// The function's memory in MiB; a function whose resident memory passes it is killed. By default 1024.
    pub fn memory_mb(mut self, megabytes: u64) -> Self {
        self.settings.memory_mb = megabytes;
        self
    }

    /// How the environment came to be; by default on demand.
    pub fn initialization(mut self, initialization: InitializationType) -> Self {
        self.settings.initialization = initialization;
        self
    }

    /// How many invocations a managed instance serves at once (`AWS_LAMBDA_MAX_CONCURRENCY`); by default 10.
    pub fn max_concurrency(mut self, limit: u16) -> Self {
        self.settings.max_concurrency = limit;
        self
    }

    /// What becomes of subscriptions to the Telemetry API; by default they are delivered.
    pub fn telemetry(mut self, telemetry: Telemetry) -> Self {
        self.settings.telemetry = telemetry;
        self
    }

    /// Whether the environment is frozen between invocations, as Lambda does and emulators do not. By default it is.
    pub fn freezes(mut self, freezes: bool) -> Self {
        self.settings.freezes = freezes;
        self
    }

    /// Whether what the processes print goes to standard error as well; by default not.
    pub fn forwards_logs(mut self, forwards: bool) -> Self {
        self.settings.forwards_logs = forwards;
        self
    }

    /// Starts the extensions, then the function, and waits until init is over.
    ///
    /// Lambda would try a failed init once more with the first invocation; the sandbox says at once what is wrong.
    pub async fn start(mut self) -> Result<Sandbox, StartError> {
        self.settings.function = executable(&self.settings.function)?;
        if self.settings.function_name.is_empty() {
            let name = self.settings.function.file_stem().unwrap_or_default();
            self.settings.function_name = name.to_string_lossy().into_owned();
        }
        for extension in &mut self.settings.extensions {
            *extension = executable(extension)?;
        }
        Sandbox::start(self.settings).await
    }
}

/// The absolute path of a file that exists. A link keeps its own name: it is what an extension registers with.
fn executable(path: &Path) -> Result<PathBuf, StartError> {
    let missing = |source| StartError::NoSuchFile {
        path: path.to_owned(),
        source,
    };
    std::fs::metadata(path).map_err(missing)?;
    std::path::absolute(path).map_err(missing)
}
