//! What came of an invocation: the caller's answer, the trace headers, the moments that matter.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::fault::{Fault, Shutdown};
use crate::tracing::Tracing;

/// One invocation, over: its environment is frozen again, or was reset.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Invocation {
    /// `Lambda-Runtime-Aws-Request-Id`, a UUID.
    pub request_id: String,
    /// The trace headers the runtime and the extensions got.
    pub tracing: Tracing,
    /// What the caller gets.
    pub response: Result<Bytes, InvocationError>,
    /// Set when the environment did not survive: what happened, and how its processes ended. It may have been
    /// reset although the caller got a response: when an extension overran the timeout.
    pub reset: Option<Reset>,
    /// When things happened.
    pub timings: Timings,
    /// The init phase, when this was the first invocation of its generation.
    pub init: Option<InitTimings>,
    /// Which life of the environment served it: 1 for the first, one more after each reset.
    pub generation: u32,
    /// Peak resident memory of all processes of the environment together, in MiB.
    pub max_memory_mb: u64,
}

impl Invocation {
    /// The response as JSON; `Null` when there is none or it is no JSON.
    pub fn json(&self) -> Value {
        let response = self.response.as_deref().unwrap_or_default();
        serde_json::from_slice(response).unwrap_or_default()
    }

    /// The trace id, when the trace header has one.
    pub fn trace_id(&self) -> Option<&str> {
        self.tracing.trace_id.as_deref()
    }

    /// Whether this was the first invocation of its generation.
    pub fn is_cold(&self) -> bool {
        self.init.is_some()
    }

    /// Whether the caller got a response and the environment lives on.
    pub fn is_success(&self) -> bool {
        self.response.is_ok() && self.reset.is_none()
    }

    /// In one word: `success`, `error` (the function reported one), `timeout`, `failure` (the environment broke).
    pub fn status(&self) -> &'static str {
        let fault = self.reset.as_ref().map(|reset| &reset.fault);
        match (fault, &self.response) {
            (Some(Fault::Timeout { .. }), _)
            | (None, Err(InvocationError::Environment(Fault::Timeout { .. }))) => "timeout",
            (Some(_), _) | (None, Err(InvocationError::Environment(_))) => "failure",
            (None, Err(InvocationError::Function(_))) => "error",
            (None, Ok(_)) => "success",
        }
    }
}

/// Why the caller got no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvocationError {
    /// The function answered with an error: its handler failed or panicked.
    #[error(transparent)]
    Function(FunctionError),
    /// The environment failed before the function answered.
    #[error(transparent)]
    Environment(#[from] Fault),
}

/// An error the function reported by `/runtime/invocation/{id}/error`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionError {
    /// `Lambda-Runtime-Function-Error-Type`.
    pub error_type: String,
    /// The body, often `{"errorType":…,"errorMessage":…}`.
    pub payload: Bytes,
    /// `Lambda-Runtime-Function-XRay-Error-Cause`, the cause the runtime gives to Lambda's own segment.
    pub xray_cause: Option<String>,
}

impl FunctionError {
    /// `errorMessage` of the body, or the whole body when it has none.
    pub fn message(&self) -> String {
        let body: Value = serde_json::from_slice(&self.payload).unwrap_or_default();
        match body.get("errorMessage").and_then(Value::as_str) {
            Some(message) => message.to_owned(),
            None => String::from_utf8_lossy(&self.payload).into_owned(),
        }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the function reported {}: {}",
            self.error_type,
            self.message()
        )
    }
}

impl std::error::Error for FunctionError {}

/// The end of an environment in an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reset {
    /// What happened.
    pub fault: Fault,
    /// How the processes ended.
    pub shutdown: Shutdown,
}

/// The moments of an invocation, seen by the sandbox: when a whole request had arrived.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Timings {
    /// The environment was thawed and the event handed out.
    pub started: Instant,
    /// The function's response or error was there.
    pub responded: Option<Instant>,
    /// The runtime called next: it is done.
    pub runtime_next: Option<Instant>,
    /// The last of the extensions that wait for INVOKE called next.
    pub extension_next: Option<Instant>,
    /// All processes stood still; never before [`ended`](Self::ended).
    pub frozen: Option<Instant>,
    /// The invocation was over: everyone had called next, or something broke. Freeze and reset come after it.
    pub ended: Instant,
}

impl Timings {
    /// What the extension costs each invocation: from the function's response to the extension's next.
    pub fn response_to_extension_next(&self) -> Option<Duration> {
        Some(
            self.extension_next?
                .saturating_duration_since(self.responded?),
        )
    }

    /// From the event to the function's response, which is what its caller waits for.
    pub fn response_time(&self) -> Option<Duration> {
        Some(self.responded?.saturating_duration_since(self.started))
    }

    /// From the event until all were done with it: what is billed.
    pub fn duration(&self) -> Duration {
        self.ended.saturating_duration_since(self.started)
    }
}

/// The moments of an init phase, as durations since the process in question was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct InitTimings {
    /// First extension: from exec to its register call.
    pub extension_register: Option<Duration>,
    /// First extension: from exec to its first next.
    pub extension_next: Option<Duration>,
    /// Function: from exec to the runtime's first next.
    pub runtime_next: Option<Duration>,
    /// The whole phase.
    pub total: Duration,
}
