//! What came of an invocation and of the shutdown, as a line for people or as a line of JSON.

use std::time::Duration;

use lambda_sandbox::{Invocation, Shutdown};
use serde::Serialize;
use serde_json::Value;

/// Milliseconds in JSON: a fraction says the microseconds.
type Millis = f64;

/// Characters of a response that people are shown.
const MAX_SHOWN: usize = 200;

#[derive(Serialize)]
struct InvocationLine<'i> {
    request_id: &'i str,
    trace_id: Option<&'i str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    response: Value,
    function_header: Option<&'i str>,
    extension_header: Option<&'i str>,
    generation: u32,
    cold: bool,
    max_memory_mb: u64,
    timings: TimingsLine,
}

#[derive(Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the unit is part of the names that scripts read"
)]
struct TimingsLine {
    init_ms: Option<Millis>,
    extension_exec_to_register_ms: Option<Millis>,
    extension_exec_to_next_ms: Option<Millis>,
    response_ms: Option<Millis>,
    response_to_extension_next_ms: Option<Millis>,
    duration_ms: Millis,
}

#[derive(Serialize)]
struct ShutdownLine<'s> {
    shutdown: &'s Shutdown,
}

/// The line of an invocation, with its end.
pub(crate) fn invocation(invocation: &Invocation, json: bool) -> String {
    if json {
        line(&of_invocation(invocation))
    } else {
        human(invocation)
    }
}

/// The line of the shutdown, with its end.
pub(crate) fn shutdown(shutdown: &Shutdown, json: bool) -> String {
    if json {
        return line(&ShutdownLine { shutdown });
    }
    let extensions: Vec<String> = shutdown
        .extensions
        .iter()
        .map(ToString::to_string)
        .collect();
    let extensions = if extensions.is_empty() {
        "none".to_owned()
    } else {
        extensions.join(", ")
    };
    let took = milliseconds(shutdown.took);
    format!(
        "shutdown in {took:.1} ms: function: {}; extensions: {extensions}\n",
        shutdown.function
    )
}

fn human(invocation: &Invocation) -> String {
    let duration = milliseconds(invocation.timings.duration());
    let trace_id = invocation.trace_id().unwrap_or("-");
    let status = invocation.status();
    let cold = if invocation.is_cold() { ", cold" } else { "" };
    let what = match error(invocation) {
        Some(error) => error,
        None => shortened(invocation.response.as_deref().unwrap_or_default()),
    };
    let id = &invocation.request_id;
    format!("{id} {trace_id} {status} in {duration:.1} ms{cold}: {what}\n")
}

fn of_invocation(invocation: &Invocation) -> InvocationLine<'_> {
    let timings = &invocation.timings;
    let init = invocation.init;
    InvocationLine {
        request_id: &invocation.request_id,
        trace_id: invocation.trace_id(),
        status: invocation.status(),
        error: error(invocation),
        response: invocation.json(),
        function_header: invocation.tracing.function_header.as_deref(),
        extension_header: invocation.tracing.extension_header.as_deref(),
        generation: invocation.generation,
        cold: invocation.is_cold(),
        max_memory_mb: invocation.max_memory_mb,
        timings: TimingsLine {
            init_ms: init.map(|init| milliseconds(init.total)),
            extension_exec_to_register_ms: init
                .and_then(|init| init.extension_register)
                .map(milliseconds),
            extension_exec_to_next_ms: init.and_then(|init| init.extension_next).map(milliseconds),
            response_ms: timings.response_time().map(milliseconds),
            response_to_extension_next_ms: timings.response_to_extension_next().map(milliseconds),
            duration_ms: milliseconds(timings.duration()),
        },
    }
}

/// What went wrong: with the function, or else with the environment.
fn error(invocation: &Invocation) -> Option<String> {
    match (&invocation.response, &invocation.reset) {
        (Err(error), _) => Some(error.to_string()),
        (Ok(_), Some(reset)) => Some(reset.fault.to_string()),
        (Ok(_), None) => None,
    }
}

fn shortened(response: &[u8]) -> String {
    let text = String::from_utf8_lossy(response);
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!(
            "{}… ({} bytes)",
            text.get(..end).unwrap_or_default(),
            response.len()
        ),
        None => text.into_owned(),
    }
}

fn line(value: &impl Serialize) -> String {
    // These types have a JSON form: string keys and finite numbers.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

fn milliseconds(duration: Duration) -> Millis {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
