//! The records of the Telemetry API, as its schema of 2022-12-13 writes them.

use std::time::SystemTime;

use serde::Serialize;

use crate::clock;

/// One record; its name and body as on the wire.
#[derive(Debug, Serialize)]
#[serde(tag = "type", content = "record")]
pub(crate) enum Record<'r> {
    #[serde(rename = "platform.initStart")]
    InitStart(InitStart<'r>),
    #[serde(rename = "platform.initRuntimeDone")]
    InitRuntimeDone(InitRuntimeDone),
    #[serde(rename = "platform.initReport")]
    InitReport(InitReport),
    #[serde(rename = "platform.start")]
    Start(Start<'r>),
    #[serde(rename = "platform.runtimeDone")]
    RuntimeDone(RuntimeDone<'r>),
    #[serde(rename = "platform.report")]
    Report(Report<'r>),
    /// A line of text: what ended the runtime.
    #[serde(rename = "platform.fault")]
    Fault(&'r str),
    #[serde(rename = "platform.restoreStart")]
    RestoreStart(RestoreStart<'r>),
    #[serde(rename = "platform.restoreRuntimeDone")]
    RestoreRuntimeDone(RestoreRuntimeDone),
    #[serde(rename = "platform.restoreReport")]
    RestoreReport(RestoreReport),
    #[serde(rename = "platform.extension")]
    ExtensionState(ExtensionState<'r>),
    #[serde(rename = "platform.telemetrySubscription")]
    TelemetrySubscription(TelemetrySubscription<'r>),
    #[serde(rename = "platform.logsDropped")]
    LogsDropped(LogsDropped<'r>),
    #[serde(rename = "function")]
    Function(&'r str),
    #[serde(rename = "extension")]
    Extension(&'r str),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InitStart<'r> {
    pub(crate) initialization_type: &'static str,
    pub(crate) phase: &'static str,
    pub(crate) function_name: &'r str,
    pub(crate) function_version: &'static str,
    pub(crate) instance_id: &'r str,
    pub(crate) instance_max_memory: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InitRuntimeDone {
    pub(crate) initialization_type: &'static str,
    pub(crate) phase: &'static str,
    pub(crate) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_type: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InitReport {
    pub(crate) initialization_type: &'static str,
    pub(crate) phase: &'static str,
    pub(crate) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_type: Option<&'static str>,
    pub(crate) metrics: InitMetrics,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InitMetrics {
    pub(crate) duration_ms: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestoreStart<'r> {
    pub(crate) function_name: &'r str,
    pub(crate) function_version: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestoreRuntimeDone {
    pub(crate) status: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestoreReport {
    pub(crate) status: &'static str,
    pub(crate) metrics: InitMetrics,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Start<'r> {
    pub(crate) request_id: &'r str,
    pub(crate) version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tracing: Option<TracingRecord<'r>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuntimeDone<'r> {
    pub(crate) request_id: &'r str,
    pub(crate) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_type: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tracing: Option<TracingRecord<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) spans: Vec<Span>,
    pub(crate) metrics: RuntimeDoneMetrics,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuntimeDoneMetrics {
    pub(crate) duration_ms: f64,
    pub(crate) produced_bytes: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Span {
    pub(crate) name: &'static str,
    pub(crate) start: String,
    pub(crate) duration_ms: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'r> {
    pub(crate) request_id: &'r str,
    pub(crate) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_type: Option<&'r str>,
    pub(crate) metrics: ReportMetrics,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tracing: Option<TracingRecord<'r>>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportMetrics {
    pub(crate) duration_ms: f64,
    pub(crate) billed_duration_ms: f64,
    #[serde(rename = "memorySizeMB")]
    pub(crate) memory_size_mb: u64,
    #[serde(rename = "maxMemoryUsedMB")]
    pub(crate) max_memory_used_mb: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) init_duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) restore_duration_ms: Option<f64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TracingRecord<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) span_id: Option<&'r str>,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) value: &'r str,
}

#[derive(Debug, Serialize)]
pub(crate) struct ExtensionState<'r> {
    pub(crate) name: &'r str,
    pub(crate) state: &'static str,
    pub(crate) events: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TelemetrySubscription<'r> {
    pub(crate) name: &'r str,
    pub(crate) state: &'static str,
    pub(crate) types: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogsDropped<'r> {
    pub(crate) reason: &'r str,
    pub(crate) dropped_records: usize,
    pub(crate) dropped_bytes: usize,
}

#[derive(Serialize)]
struct Stamped<'r> {
    time: String,
    #[serde(flatten)]
    record: &'r Record<'r>,
}

/// The record with its time, as one JSON object.
pub(super) fn line(at: SystemTime, record: &Record<'_>) -> String {
    let stamped = Stamped {
        time: clock::rfc3339(at),
        record,
    };
    // The records have string keys and finite numbers: they all have a JSON form.
    serde_json::to_string(&stamped).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_its_time_its_type_and_its_body() {
        let record = Record::InitRuntimeDone(InitRuntimeDone {
            initialization_type: "on-demand",
            phase: "init",
            status: "success",
            error_type: None,
        });
        assert_eq!(
            line(SystemTime::UNIX_EPOCH, &record),
            r#"{"time":"1970-01-01T00:00:00.000Z","type":"platform.initRuntimeDone","record":{"initializationType":"on-demand","phase":"init","status":"success"}}"#
        );
    }

    #[test]
    fn a_log_line_is_a_string() {
        let json = line(SystemTime::UNIX_EPOCH, &Record::Function("he\"llo"));
        assert!(
            json.ends_with(r#""type":"function","record":"he\"llo"}"#),
            "{json}"
        );
    }
}
