//! What `/next` answers: an invocation, or the end.
//!
//! The shapes are those of `lambda-extension`. Emulators send what Lambda would not (a reason in prose, a trace without a value), and
//! an extension that stops at an event it cannot read stops the function: what its types refuse is read field by field.

use std::time::{Duration, SystemTime};

use lambda_extension::NextEvent;
use serde_json::Value;

/// One answer of `/next`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Turn {
    /// An invocation begins.
    Invoke {
        /// Its id; empty where the event had none.
        request_id: String,
        /// When the function times out; none where an emulator sends none or one long past.
        remaining: Option<Duration>,
    },
    /// The environment ends.
    Shutdown {
        /// Why.
        reason: Reason,
        /// How long there is; none where an emulator does not say.
        remaining: Option<Duration>,
    },
    /// Something else, which this version does not know.
    Unknown,
}

/// Why an environment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The function did not end in time.
    Timeout,
    /// The runtime or another extension failed.
    Failure,
    /// Nothing is wrong.
    Spindown,
}

impl Reason {
    /// Lambda's sources write it in lower case, its documentation in upper case, and `cargo lambda` writes prose.
    fn parse(text: &str) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "timeout" => Self::Timeout,
            "failure" => Self::Failure,
            _ => Self::Spindown,
        }
    }
}

impl Turn {
    /// Reads an answer; `now` is when it came.
    pub fn parse(body: &[u8], now: SystemTime) -> Self {
        match serde_json::from_slice(body) {
            Ok(NextEvent::Invoke(event)) => Self::Invoke {
                request_id: event.request_id,
                remaining: remaining(event.deadline_ms, now),
            },
            Ok(NextEvent::Shutdown(event)) => Self::Shutdown {
                reason: Reason::parse(&event.shutdown_reason),
                remaining: remaining(event.deadline_ms, now),
            },
            Err(_) => Self::parse_loosely(body, now),
        }
    }

    fn parse_loosely(body: &[u8], now: SystemTime) -> Self {
        let event: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key| event.get(key).and_then(Value::as_str).unwrap_or_default();
        let deadline = event.get("deadlineMs").and_then(Value::as_u64).unwrap_or(0);
        let remaining = remaining(deadline, now);
        match text("eventType").to_ascii_uppercase().as_str() {
            "INVOKE" => Self::Invoke {
                request_id: text("requestId").to_owned(),
                remaining,
            },
            "SHUTDOWN" => Self::Shutdown {
                reason: Reason::parse(text("shutdownReason")),
                remaining,
            },
            _ => Self::Unknown,
        }
    }
}

fn remaining(deadline_ms: u64, now: SystemTime) -> Option<Duration> {
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Duration::from_millis(deadline_ms)
        .checked_sub(now)
        .filter(|remaining| !remaining.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_700_000_000);

    #[track_caller]
    fn check(body: &str, expected: &Turn) {
        assert_eq!(
            &Turn::parse(body.as_bytes(), SystemTime::UNIX_EPOCH + NOW),
            expected,
            "{body}"
        );
    }

    fn invoke(request_id: &str, remaining: Option<u64>) -> Turn {
        Turn::Invoke {
            request_id: request_id.to_owned(),
            remaining: remaining.map(Duration::from_millis),
        }
    }

    fn shutdown(reason: Reason, remaining: Option<u64>) -> Turn {
        Turn::Shutdown {
            reason,
            remaining: remaining.map(Duration::from_millis),
        }
    }

    #[test]
    fn what_lambda_sends() {
        check(
            r#"{"eventType":"INVOKE","deadlineMs":1700000003000,"requestId":"a","invokedFunctionArn":"arn","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1"}}"#,
            &invoke("a", Some(3000)),
        );
        check(
            r#"{"eventType":"INVOKE","deadlineMs":1700000003000,"requestId":"a","invokedFunctionArn":"arn"}"#,
            &invoke("a", Some(3000)),
        );
        for (text, reason) in [
            ("SPINDOWN", Reason::Spindown),
            ("timeout", Reason::Timeout),
            ("FAILURE", Reason::Failure),
        ] {
            check(
                &format!(
                    r#"{{"eventType":"SHUTDOWN","shutdownReason":"{text}","deadlineMs":1700000002000}}"#
                ),
                &shutdown(reason, Some(2000)),
            );
        }
    }

    #[test]
    fn what_emulators_send() {
        check(
            r#"{"eventType":"INVOKE","deadlineMs":0,"requestId":"a","invokedFunctionArn":"_","tracing":{"type":"x-amzn-trace-id","value":""}}"#,
            &invoke("a", None),
        );
        check(
            r#"{"eventType":"SHUTDOWN","shutdownReason":"recompiling function","deadlineMs":0}"#,
            &shutdown(Reason::Spindown, None),
        );
    }

    #[test]
    fn what_nobody_should_send() {
        check(
            r#"{"eventType":"INVOKE","tracing":null,"more":[1]}"#,
            &invoke("", None),
        );
        check(
            r#"{"eventType":"invoke","requestId":"a","deadlineMs":-5}"#,
            &invoke("a", None),
        );
        check(
            r#"{"eventType":"Shutdown"}"#,
            &shutdown(Reason::Spindown, None),
        );
        for body in ["", "null", "[]", r#"{"eventType":"SNAPSHOT"}"#, "{"] {
            check(body, &Turn::Unknown);
        }
    }
}
