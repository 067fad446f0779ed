//! What an invocation hands to the function.

use bytes::Bytes;
use serde::Serialize;

use crate::tracing::Trace;

/// The payload and the trace header of one invocation.
///
/// ```
/// use lambda_sandbox::{Event, Trace};
///
/// let event = Event::json(&serde_json::json!({"order": 42})).trace(Trace::Unsampled);
/// assert_eq!(event.payload(), br#"{"order":42}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    payload: Bytes,
    trace: Trace,
}

impl Event {
    /// An event of a value's JSON. A value that has no JSON (a map with keys that are no strings) becomes `null`.
    pub fn json(value: &impl Serialize) -> Self {
        Self::bytes(serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec()))
    }

    /// An event of these bytes, which Lambda would expect to be JSON.
    pub fn bytes(payload: impl Into<Bytes>) -> Self {
        Self {
            payload: payload.into(),
            trace: Trace::default(),
        }
    }

    /// With this trace header instead of a new sampled trace.
    #[must_use]
    pub fn trace(mut self, trace: Trace) -> Self {
        self.trace = trace;
        self
    }

    /// The bytes the function gets.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(crate) fn into_parts(self) -> (Bytes, Trace) {
        (self.payload, self.trace)
    }
}

/// The empty object, `{}`, in a new sampled trace.
impl Default for Event {
    fn default() -> Self {
        Self::bytes("{}")
    }
}
