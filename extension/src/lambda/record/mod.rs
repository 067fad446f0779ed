//! What telemetry tells, element by element: what is unknown or malformed is skipped, and does not take its neighbours with it.
//!
//! Fields are taken one by one, leniently: a record that lacks one, or has it in another shape than today, still tells the rest.

use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::Value;
use xray_segment::{Timestamp, TraceHeader};

/// What the platform tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Record {
    /// An invocation began.
    Start {
        /// Which.
        request_id: String,
        /// Its trace, when that is sampled.
        trace: Option<TraceHeader>,
    },
    /// An invocation ended.
    RuntimeDone {
        /// Which.
        request_id: String,
        /// How.
        ending: Ending,
    },
    /// What an invocation took; after it was over, when the next one runs or none does.
    Report {
        /// Which.
        request_id: String,
        /// What.
        usage: Usage,
    },
    /// The runtime ended in the midst of an invocation.
    Fault {
        /// Which, where it is told.
        request_id: Option<String>,
        /// In what way, as `signal: killed`.
        reason: String,
    },
    /// The environment is a copy of a snapshot.
    Restored,
    /// The function wrote a line.
    Line(Line),
    /// Anything else; that it comes shows that telemetry is delivered.
    Other,
}

/// How an invocation ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ending {
    /// Lambda's name for what went wrong.
    pub error_type: Option<String>,
    /// Whether something did.
    pub failed: bool,
    /// When.
    pub at: Option<Timestamp>,
    /// How long the function ran.
    pub duration: Option<Duration>,
    /// What the time went to.
    pub spans: Vec<Span>,
    /// Its trace, when that is sampled.
    pub trace: Option<TraceHeader>,
}

/// A part of an invocation that the platform measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The platform's name for it, as `responseLatency`.
    pub name: String,
    /// When it began.
    pub start: Timestamp,
    /// How long it took.
    pub duration: Duration,
}

/// What an invocation took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// The time that is billed.
    pub billed: Option<Duration>,
    /// The time before the invocation, when it was the environment's first.
    pub init: Option<Duration>,
    /// The same, when the environment came from a snapshot.
    pub restore: Option<Duration>,
    /// Memory.
    pub memory: Option<Memory>,
    /// What the time went to.
    pub spans: Vec<Span>,
    /// Its trace, when that is sampled.
    pub trace: Option<TraceHeader>,
}

/// Memory of an environment in MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The most there was in use.
    pub used_mb: u64,
    /// What there is.
    pub size_mb: u64,
}

impl Memory {
    /// Whether there was nothing left.
    pub fn is_used_up(self) -> bool {
        self.used_mb >= self.size_mb
    }
}

/// What a function wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub at: Option<Timestamp>,
    /// The invocation, where the line says so itself.
    pub request_id: Option<String>,
    /// Its text.
    pub message: String,
}

impl Record {
    /// Reads a batch; what is no record is left out.
    pub fn parse_batch(body: &[u8]) -> Vec<Self> {
        let elements: Vec<Value> = serde_json::from_slice(body).unwrap_or_default();
        elements.iter().filter_map(Self::parse).collect()
    }

    fn parse(element: &Value) -> Option<Self> {
        let record = element.get("record").unwrap_or(&Value::Null);
        let at = element.get("time").and_then(time);
        match element.get("type")?.as_str()? {
            "platform.start" => Some(Self::Start {
                request_id: text(record, "requestId")?,
                trace: trace(record),
            }),
            "platform.runtimeDone" => Some(Self::RuntimeDone {
                request_id: text(record, "requestId")?,
                ending: ending(record, at),
            }),
            "platform.report" => Some(Self::Report {
                request_id: text(record, "requestId")?,
                usage: usage(record),
            }),
            "platform.fault" => fault(record.as_str()?),
            "platform.restoreStart" | "platform.restoreRuntimeDone" => Some(Self::Restored),
            "function" => Some(Self::of_function(record, at)),
            _ => Some(Self::Other),
        }
    }

    fn of_function(record: &Value, at: Option<Timestamp>) -> Self {
        // Lambda tells of a runtime's end in the function's own stream.
        if let Some(fault) = record.as_str().and_then(fault) {
            return fault;
        }
        let (request_id, message) = match record {
            Value::String(message) => (None, message.trim_end().to_owned()),
            structured => (
                text(structured, "requestId").or_else(|| text(structured, "AWSRequestId")),
                structured.to_string(),
            ),
        };
        Self::Line(Line {
            at,
            request_id,
            message,
        })
    }
}

fn ending(record: &Value, at: Option<Timestamp>) -> Ending {
    let status = text(record, "status");
    Ending {
        error_type: text(record, "errorType"),
        failed: status.is_some_and(|status| status != "success"),
        at,
        duration: duration(record, "/metrics/durationMs"),
        spans: spans(record),
        trace: trace(record),
    }
}

fn usage(record: &Value) -> Usage {
    let megabytes = |path| record.pointer(path).and_then(Value::as_u64);
    let used = megabytes("/metrics/maxMemoryUsedMB");
    let size = megabytes("/metrics/memorySizeMB");
    Usage {
        billed: duration(record, "/metrics/billedDurationMs"),
        init: duration(record, "/metrics/initDurationMs"),
        restore: duration(record, "/metrics/restoreDurationMs"),
        memory: used
            .zip(size)
            .map(|(used_mb, size_mb)| Memory { used_mb, size_mb }),
        spans: spans(record),
        trace: trace(record),
    }
}

/// `RequestId: 8286a188-… Error: Runtime exited with error: signal: killed`, and a second line with the error's type.
fn fault(line: &str) -> Option<Record> {
    let (request_id, rest) = line.strip_prefix("RequestId: ")?.split_once(' ')?;
    let first = rest.lines().next()?;
    let reason = match first.strip_prefix("Error: ").unwrap_or(first) {
        text if text.starts_with("Runtime exited") => text
            .trim_start_matches("Runtime exited")
            .trim_start_matches(" with error: ")
            .trim(),
        "Process exited before completing request" => "before completing the request",
        _ => return None,
    };
    Some(Record::Fault {
        request_id: Some(request_id.to_owned()),
        reason: reason.to_owned(),
    })
}

fn text(record: &Value, key: &str) -> Option<String> {
    record.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn time(value: &Value) -> Option<Timestamp> {
    let time = DateTime::from_str(value.as_str()?, Format::DateTimeWithOffset).ok()?;
    Timestamp::from_seconds(time.as_secs_f64())
}

fn milliseconds(value: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(value.as_f64()? / 1e3).ok()
}

fn duration(record: &Value, path: &str) -> Option<Duration> {
    record.pointer(path).and_then(milliseconds)
}

fn spans(record: &Value) -> Vec<Span> {
    let spans = record.get("spans").and_then(Value::as_array);
    let span = |span: &Value| {
        Some(Span {
            name: text(span, "name")?,
            start: time(span.get("start")?)?,
            duration: milliseconds(span.get("durationMs")?)?,
        })
    };
    spans.into_iter().flatten().filter_map(span).collect()
}

/// Its parent is what the record is about, where that is told: of an invocation's end Lambda's `Invocation` subsegment, beneath which the
/// function's own documents are.
fn trace(record: &Value) -> Option<TraceHeader> {
    let tracing = record.get("tracing")?;
    let header = TraceHeader::parse(tracing.get("value")?.as_str()?).ok()?;
    let span = text(tracing, "spanId").and_then(|span| span.parse().ok());
    Some(match span {
        Some(span) => header.with_parent(span),
        None => header,
    })
}

#[cfg(test)]
mod tests;
