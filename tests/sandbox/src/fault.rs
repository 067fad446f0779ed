//! What goes wrong with an environment, and how its processes end.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use serde::Serialize;

/// How a process of the environment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExitOutcome {
    /// It exited by itself with this code; 0 is a clean exit.
    Exited(i32),
    /// A signal ended it, sent by itself or by the kernel; SIGTERM (15) is how the sandbox asks a runtime to go.
    Signaled(i32),
    /// It overran its budget or was not asked: the sandbox ended it with SIGKILL.
    Killed,
    /// It was not running.
    NotRunning,
}

impl ExitOutcome {
    /// Whether the process exited by itself with code 0.
    pub fn is_clean(self) -> bool {
        self == Self::Exited(0)
    }

    pub(crate) fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, Some(signal)) => Self::Signaled(signal),
            (None, None) => Self::NotRunning,
        }
    }
}

/// In Lambda's words: `exit status 1`, `signal: killed`.
impl fmt::Display for ExitOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit status {code}"),
            Self::Signaled(6) => f.write_str("signal: aborted"),
            Self::Signaled(9) | Self::Killed => f.write_str("signal: killed"),
            Self::Signaled(11) => f.write_str("signal: segmentation fault"),
            Self::Signaled(15) => f.write_str("signal: terminated"),
            Self::Signaled(number) => write!(f, "signal: {number}"),
            Self::NotRunning => f.write_str("not running"),
        }
    }
}

/// Why an environment could not go on; it is reset, and the next invocation starts a new generation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The invocation was not over at its deadline: the runtime or an extension had not called next.
    #[error("task timed out after {:.2} seconds", after.as_secs_f64())]
    Timeout {
        /// The function's timeout.
        after: Duration,
    },
    /// Init was not over in time.
    #[error("init was not over after {:.2} seconds: waiting for {waiting_for}", after.as_secs_f64())]
    InitTimeout {
        /// How long init was given.
        after: Duration,
        /// Who had not registered or not called next.
        waiting_for: String,
    },
    /// The runtime process ended.
    #[error("runtime exited: {0}")]
    RuntimeExited(ExitOutcome),
    /// The runtime reported `/runtime/init/error`.
    #[error("runtime reported an init error: {error_type}: {message}")]
    RuntimeInitError {
        /// `Lambda-Runtime-Function-Error-Type`.
        error_type: String,
        /// The body of the report.
        message: String,
    },
    /// The function used more memory than it has and was killed.
    #[error("the function used {used_mb} MB of its {limit_mb} MB and was killed")]
    OutOfMemory {
        /// Resident memory when it was noticed, in MiB.
        used_mb: u64,
        /// The function's memory, in MiB.
        limit_mb: u64,
    },
    /// An extension process ended, whatever its exit code.
    #[error("extension {name} exited: {exit}")]
    ExtensionExited {
        /// The extension's name.
        name: String,
        /// How it ended.
        exit: ExitOutcome,
    },
    /// An extension reported `/init/error` or `/exit/error`.
    #[error("extension {name} reported {error_type} {}", if *init { "in init" } else { "and leaves" })]
    ExtensionError {
        /// The extension's name.
        name: String,
        /// `Lambda-Extension-Function-Error-Type`.
        error_type: String,
        /// Whether it was `/init/error`.
        init: bool,
    },
    /// A process could not be started.
    #[error("{path} could not be started: {reason}")]
    Launch {
        /// The file that was to be executed.
        path: String,
        /// What the operating system said.
        reason: String,
        /// Whether it was the function rather than an extension.
        function: bool,
    },
}

impl Fault {
    /// Lambda's name of the fault, as in telemetry and in the answer to the caller.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Timeout { .. } | Self::InitTimeout { .. } => "Sandbox.Timedout",
            Self::RuntimeExited(_) => "Runtime.ExitError",
            Self::RuntimeInitError { .. } => "Runtime.Unknown",
            Self::OutOfMemory { .. } => "Runtime.OutOfMemory",
            Self::ExtensionExited { .. } => "Extension.Crash",
            Self::ExtensionError { init: true, .. } => "Extension.InitError",
            Self::ExtensionError { init: false, .. } => "Extension.ExitError",
            Self::Launch { function: true, .. } => "Runtime.InvalidEntrypoint",
            Self::Launch {
                function: false, ..
            } => "Extension.LaunchError",
        }
    }

    /// `status` of `platform.runtimeDone` and `platform.report`.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            _ => "error",
        }
    }

    /// Why the extensions are told to shut down.
    pub(crate) fn shutdown_reason(&self) -> ShutdownReason {
        match self {
            Self::Timeout { .. } => ShutdownReason::Timeout,
            _ => ShutdownReason::Failure,
        }
    }
}

/// Why an environment ends; the SHUTDOWN event tells the extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ShutdownReason {
    /// It is no longer needed.
    Spindown,
    /// An invocation timed out.
    Timeout,
    /// A process ended or reported an error.
    Failure,
}

/// How an environment ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shutdown {
    /// Why.
    pub reason: ShutdownReason,
    /// How the function's process ended.
    pub function: ExitOutcome,
    /// How each extension's process ended, in the order they were given to the builder.
    pub extensions: Vec<ExitOutcome>,
    /// From the first signal until all processes were gone, without what they had to wait for a processor while the machine was busy
    /// with something else; Lambda allows 2 s.
    pub took: Duration,
}

impl Shutdown {
    /// How the first (often the only) extension ended.
    pub fn extension(&self) -> ExitOutcome {
        self.extensions
            .first()
            .copied()
            .unwrap_or(ExitOutcome::NotRunning)
    }
}
