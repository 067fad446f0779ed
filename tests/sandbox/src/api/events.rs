//! The bodies and headers of what extensions and runtimes are told.

use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;

use super::answer::{Answer, ok, verbatim, with_header};
use crate::clock;
use crate::fault::ShutdownReason;
use crate::settings::{ACCOUNT, FUNCTION_VERSION, HANDLER};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Registered<'e> {
    function_name: &'e str,
    function_version: &'static str,
    handler: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentInvoke<'e> {
    event_type: &'static str,
    deadline_ms: u64,
    request_id: &'e str,
    invoked_function_arn: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracing: Option<AgentTracing<'e>>,
}

#[derive(Serialize)]
struct AgentTracing<'e> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'e str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentShutdown {
    event_type: &'static str,
    deadline_ms: u64,
    shutdown_reason: ShutdownReason,
}

/// The answer to a registration that gave the extension this identifier.
pub(crate) fn registered(identifier: &str, function_name: &str, wants_account: bool) -> Answer {
    let body = Registered {
        function_name,
        function_version: FUNCTION_VERSION,
        handler: HANDLER,
        account_id: wants_account.then_some(ACCOUNT),
    };
    with_header(ok(&body), "lambda-extension-identifier", identifier)
}

/// The INVOKE event.
pub(crate) fn agent_invoke(
    request_id: &str,
    deadline: Instant,
    arn: &str,
    trace_header: Option<&str>,
) -> Answer {
    ok(&AgentInvoke {
        event_type: "INVOKE",
        deadline_ms: clock::epoch_millis(deadline),
        request_id,
        invoked_function_arn: arn,
        tracing: trace_header.map(|value| AgentTracing {
            kind: "X-Amzn-Trace-Id",
            value,
        }),
    })
}

/// The SHUTDOWN event.
pub(crate) fn agent_shutdown(reason: ShutdownReason, deadline: Instant) -> Answer {
    ok(&AgentShutdown {
        event_type: "SHUTDOWN",
        deadline_ms: clock::epoch_millis(deadline),
        shutdown_reason: reason,
    })
}

/// The event of the runtime: its payload, all else in headers.
pub(crate) fn runtime_event(
    request_id: &str,
    deadline: Instant,
    arn: &str,
    trace_header: Option<&str>,
    payload: Bytes,
) -> Answer {
    let deadline_ms = clock::epoch_millis(deadline).to_string();
    let answer = with_header(
        verbatim(payload),
        "lambda-runtime-aws-request-id",
        request_id,
    );
    let answer = with_header(answer, "lambda-runtime-deadline-ms", &deadline_ms);
    let answer = with_header(answer, "lambda-runtime-invoked-function-arn", arn);
    match trace_header {
        Some(header) => with_header(answer, "lambda-runtime-trace-id", header),
        None => answer,
    }
}
