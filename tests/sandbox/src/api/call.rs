//! What an environment is asked, and by whom it is waited for.

use std::time::Instant;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::answer::Answer;

/// Where an answer goes. Kept for `/next`, whose answer is the next event.
pub(crate) type Waiter = oneshot::Sender<Answer>;

/// One request, waiting for its answer.
#[derive(Debug)]
pub(crate) struct Call {
    /// When all of it was there.
    pub(crate) arrived: Instant,
    pub(crate) demand: Demand,
    pub(crate) reply: Waiter,
}

/// What is asked of the environment.
#[derive(Debug)]
pub(crate) enum Demand {
    RuntimeNext,
    RestoreNext,
    RuntimeReport {
        request_id: String,
        report: RuntimeReport,
    },
    RuntimeInitError {
        error_type: String,
        body: Bytes,
    },
    Register(Registration),
    ExtensionNext {
        identifier: String,
    },
    ExtensionError {
        identifier: String,
        error_type: String,
        init: bool,
    },
    Subscribe {
        identifier: String,
        body: Bytes,
    },
}

/// What a runtime says at the end of an invocation.
#[derive(Debug)]
pub(crate) enum RuntimeReport {
    Response(Bytes),
    Error {
        error_type: String,
        xray_cause: Option<String>,
        body: Bytes,
    },
    TooLarge,
}

/// The events an extension may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Invoke,
    Shutdown,
}

impl EventKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Invoke => "INVOKE",
            Self::Shutdown => "SHUTDOWN",
        }
    }
}

/// A call of `/extension/register`.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) name: String,
    pub(crate) events: Vec<EventKind>,
    pub(crate) wants_account: bool,
}
