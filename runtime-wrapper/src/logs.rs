//! Log lines that say which trace, which subsegment and which request they belong to, so that a trace's logs are found by it.
//!
//! ```no_run
//! use lambda_xray::logs::Traced;
//!
//! tracing_subscriber::fmt().json().map_event_format(Traced::new).init();
//! ```
//!
//! Around whatever formatter writes a JSON object a line, with all its options. Beside `tracing_subscriber`'s layers it goes into `fmt::layer()` in the same way.
//! A line of another format takes [`Fields`]:
//!
//! ```
//! # fn write(line: &str) {
//! if let Some(fields) = lambda_xray::logs::Fields::current() {
//!     write(&format!("{fields} charged"));
//! }
//! # }
//! ```
//!
//! # The fields
//!
//! | field | value |
//! |---|---|
//! | `xray_trace_id` | the trace, as Powertools for AWS Lambda names it |
//! | `segment_id` | the current subsegment; absent where the trace is not recorded |
//! | `requestId` | the invocation, as Lambda's own JSON logs name it, and `lambda_runtime` (Lambda's Java runtime says `AWSRequestId`, Powertools `function_request_id`) |
//!
//! Outside of an invocation and of a segment all three are absent; outside of Lambda the last one is. With the feature `tracing` and its layer, the current subsegment is that of the innermost span.

use std::fmt;

use serde::Serialize;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use xray_segment::{EntityId, TraceId};

use crate::Context;

/// What a log line says of the trace it belongs to. Serializes as an object; displays as `key=value`, separated by spaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fields {
    /// The trace, where the invocation came with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xray_trace_id: Option<TraceId>,
    /// The current subsegment, where the trace is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_id: Option<EntityId>,
    /// The invocation's request id; none outside of Lambda.
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Fields {
    /// The fields of the code that asks, `None` outside of an invocation.
    pub fn current() -> Option<Self> {
        Self::of(&Context::current())
    }

    /// The fields of a context.
    pub fn of(context: &Context) -> Option<Self> {
        let invocation = context.invocation()?;
        Some(Self {
            xray_trace_id: context.trace_id(),
            segment_id: context.recording().map(|(_, entry)| entry.id),
            request_id: invocation.request_id.clone(),
        })
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace = self.xray_trace_id.map(|it| format!("xray_trace_id={it}"));
        let segment = self.segment_id.map(|it| format!("segment_id={it}"));
        let request = self.request_id.as_ref().map(|it| format!("requestId={it}"));
        let fields: Vec<_> = [trace, segment, request].into_iter().flatten().collect();
        f.write_str(&fields.join(" "))
    }
}

/// Adds the [`Fields`] to each line of a formatter that writes a JSON object a line; a line of any other kind is left as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traced<F> {
    inner: F,
}

impl<F> Traced<F> {
    /// Around this formatter.
    pub fn new(inner: F) -> Self {
        Self { inner }
    }
}

impl<S, N, F> FormatEvent<S, N> for Traced<F>
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        subscribed: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(fields) = Fields::current() else {
            return self.inner.format_event(subscribed, writer, event);
        };
        let mut line = String::new();
        let plain = Writer::new(&mut line);
        self.inner.format_event(subscribed, plain, event)?;
        match with_fields(&line, &fields) {
            Some(line) => writer.write_str(&line),
            None => writer.write_str(&line),
        }
    }
}

/// The fields come first: where a line names one of them itself, readers of JSON take the last.
fn with_fields(line: &str, fields: &Fields) -> Option<String> {
    let members = line.strip_prefix('{')?;
    let fields = serde_json::to_string(fields).ok()?;
    let fields = fields.strip_suffix('}')?;
    let comma = if fields == "{" || members.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    Some(format!("{fields}{comma}{members}"))
}
