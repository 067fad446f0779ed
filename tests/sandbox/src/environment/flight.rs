//! An invocation under way.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::api::{self, Answer, RuntimeReport};
use crate::clock;
use crate::event::Event;
use crate::fault::Fault;
use crate::ids::{self, NoRandomness};
use crate::invocation::{FunctionError, InitTimings, Invocation, InvocationError, Reset, Timings};
use crate::sandbox::SandboxError;
use crate::settings::FUNCTION_VERSION;
use crate::telemetry::{
    Report, ReportMetrics, RuntimeDone, RuntimeDoneMetrics, Span, Start, TracingRecord, timestamp,
};
use crate::tracing::Tracing;

/// What the environment knows at the end of a flight and the flight does not.
#[derive(Debug)]
pub(super) struct Landing {
    pub(super) extension_next: Option<Instant>,
    pub(super) frozen: Option<Instant>,
    pub(super) reset: Option<Reset>,
    pub(super) init: Option<InitTimings>,
    pub(super) generation: u32,
    pub(super) max_memory_mb: u64,
    pub(super) ended: Instant,
    /// The function's timeout: what happened when neither a response nor a fault came.
    pub(super) timeout: Duration,
}

impl Landing {
    /// A landing now, in this generation.
    pub(super) fn now(generation: u32, timeout: Duration) -> Self {
        Self {
            extension_next: None,
            frozen: None,
            reset: None,
            init: None,
            generation,
            max_memory_mb: 0,
            ended: Instant::now(),
            timeout,
        }
    }
}

#[derive(Debug)]
pub(super) struct Flight {
    pub(super) request_id: String,
    pub(super) tracing: Tracing,
    payload: Bytes,
    pub(super) started: Instant,
    pub(super) deadline: Instant,
    pub(super) handed_out: bool,
    pub(super) response: Option<Result<Bytes, FunctionError>>,
    pub(super) responded: Option<Instant>,
    pub(super) runtime_next: Option<Instant>,
    pub(super) runtime_done_recorded: bool,
    /// Who waits for the outcome; only on a managed instance, where it is not the call that began it.
    pub(super) reply: Option<oneshot::Sender<Result<Invocation, SandboxError>>>,
}

impl Flight {
    pub(super) fn new(event: Event, deadline: Instant) -> Result<Self, NoRandomness> {
        let (payload, trace) = event.into_parts();
        Ok(Self {
            request_id: ids::uuid()?,
            tracing: Tracing::new(trace)?,
            payload,
            started: Instant::now(),
            deadline,
            handed_out: false,
            response: None,
            responded: None,
            runtime_next: None,
            runtime_done_recorded: false,
            reply: None,
        })
    }

    /// What the runtime's next is answered with.
    pub(super) fn runtime_event(&self, arn: &str) -> Answer {
        let header = self.tracing.function_header.as_deref();
        api::runtime_event(
            &self.request_id,
            self.deadline,
            arn,
            header,
            self.payload.clone(),
        )
    }

    /// What the extensions' next is answered with.
    pub(super) fn agent_event(&self, arn: &str) -> Answer {
        let header = self.tracing.extension_header.as_deref();
        api::agent_invoke(&self.request_id, self.deadline, arn, header)
    }

    /// Takes the function's answer.
    pub(super) fn respond(&mut self, at: Instant, report: RuntimeReport) {
        self.responded = Some(at);
        self.response = Some(match report {
            RuntimeReport::Response(body) => Ok(body),
            RuntimeReport::Error { error_type, xray_cause, body } => {
                Err(FunctionError { error_type, payload: body, xray_cause })
            }
            RuntimeReport::TooLarge => Err(FunctionError {
                error_type: "Function.ResponseSizeTooLarge".to_owned(),
                payload: Bytes::from_static(
                    br#"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#,
                ),
                xray_cause: None,
            }),
        });
    }

    /// The invocation as its owner sees it. A response that was there before the environment broke reached the caller.
    pub(super) fn land(self, landing: Landing) -> Invocation {
        let fault = landing.reset.as_ref().map(|reset| reset.fault.clone());
        let response = match (self.response, fault) {
            (Some(response), _) => response.map_err(InvocationError::Function),
            (None, Some(fault)) => Err(InvocationError::Environment(fault)),
            (None, None) => Err(Fault::Timeout {
                after: landing.timeout,
            }
            .into()),
        };
        Invocation {
            request_id: self.request_id,
            tracing: self.tracing,
            response,
            reset: landing.reset,
            timings: Timings {
                started: self.started,
                responded: self.responded,
                runtime_next: self.runtime_next,
                extension_next: landing.extension_next,
                frozen: landing.frozen,
                ended: landing.ended,
            },
            init: landing.init,
            generation: landing.generation,
            max_memory_mb: landing.max_memory_mb,
        }
    }

    pub(super) fn start_record(&self) -> Start<'_> {
        let tracing = self.tracing_record(self.tracing.function_segment());
        Start {
            request_id: &self.request_id,
            version: FUNCTION_VERSION,
            tracing,
        }
    }

    /// The record of the runtime's end at this moment; the fault overrides what the function answered.
    pub(super) fn runtime_done_record<'r>(
        &'r self,
        at: Instant,
        status: &'static str,
        error_type: Option<&'r str>,
    ) -> RuntimeDone<'r> {
        let produced = self
            .response
            .as_ref()
            .and_then(|response| response.as_ref().ok());
        RuntimeDone {
            request_id: &self.request_id,
            status,
            error_type,
            tracing: self.tracing_record(self.tracing.invocation_subsegment()),
            spans: self.spans(at),
            metrics: RuntimeDoneMetrics {
                duration_ms: clock::millis(at.saturating_duration_since(self.started)),
                produced_bytes: produced.map_or(0, Bytes::len),
            },
        }
    }

    /// The status and error type of the function's own answer.
    pub(super) fn status(&self) -> (&'static str, Option<&str>) {
        match &self.response {
            Some(Err(error)) => ("error", Some(platform_error_type(&error.error_type))),
            _ => ("success", None),
        }
    }

    pub(super) fn report_record(
        &self,
        ended: Instant,
        metrics: ReportMetrics,
        fault: Option<&Fault>,
    ) -> Report<'_> {
        let duration_ms = clock::millis(ended.saturating_duration_since(self.started));
        let (status, error_type) = match fault {
            Some(fault) => (fault.status(), Some(fault.error_type())),
            None => self.status(),
        };
        Report {
            request_id: &self.request_id,
            status,
            error_type,
            metrics: ReportMetrics {
                duration_ms,
                billed_duration_ms: duration_ms.ceil(),
                ..metrics
            },
            tracing: self.tracing_record(self.tracing.function_segment()),
        }
    }

    fn tracing_record<'r>(&'r self, span_id: Option<&'r str>) -> Option<TracingRecord<'r>> {
        let value = self.tracing.extension_header.as_deref()?;
        self.tracing.is_sampled().then_some(TracingRecord {
            span_id,
            kind: "X-Amzn-Trace-Id",
            value,
        })
    }

    /// Until the response, and from it to the runtime's next.
    fn spans(&self, done: Instant) -> Vec<Span> {
        let Some(responded) = self.responded else {
            return Vec::new();
        };
        let span = |name, start: Instant, end: Instant| Span {
            name,
            start: timestamp(start),
            duration_ms: clock::millis(end.saturating_duration_since(start)),
        };
        vec![
            span("responseLatency", self.started, responded),
            span("responseDuration", responded, responded),
            span("runtimeOverhead", responded, done),
        ]
    }
}

/// Lambda's name for the type of error a runtime reported: its own where it has the form of the platform's names.
fn platform_error_type(reported: &str) -> &str {
    let rest = reported
        .strip_prefix("Runtime.")
        .or_else(|| reported.strip_prefix("Function."));
    match rest {
        Some(name) if name.starts_with(|first: char| first.is_ascii_uppercase()) => reported,
        Some(_) if reported.starts_with("Function.") => "Function.Unknown",
        _ => "Runtime.Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_platforms_form_are_kept() {
        assert_eq!(
            platform_error_type("Runtime.ExitError"),
            "Runtime.ExitError"
        );
        assert_eq!(platform_error_type("Function.NoStock"), "Function.NoStock");
        assert_eq!(platform_error_type("Function.no"), "Function.Unknown");
        assert_eq!(platform_error_type("unhandled"), "Runtime.Unknown");
    }
}
