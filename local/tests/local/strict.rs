//! With strict limits what AWS would refuse is refused; without, it is taken.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use xray_local::Config;

use crate::documents::{TRACE, segment, trace_id, with};
use crate::service::Service;

/// A generous and a strict one.
async fn both() -> [Service; 2] {
    let strict = |config| Config {
        strict_limits: true,
        ..config
    };
    [Service::start().await, Service::start_with(strict).await]
}

/// Calls an operation of both and gives what the strict one says, which must be a refusal.
async fn only_strict_refuses(path: &str, input: &Value) -> String {
    let [generous, strict] = both().await;
    generous.call(path, input).await;
    let answer = strict.post(path, input.to_string()).await;
    assert_eq!(answer.status, 400, "{path}");
    answer.json()["Message"].as_str().unwrap().to_owned()
}

fn hours(from_now: f64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs_f64() - from_now * 3600.0
}

fn seconds_ago(hours_ago: f64, more: Value) -> Value {
    let times = json!({ "start_time": hours(hours_ago) - 1.0, "end_time": hours(hours_ago) });
    with(segment("1000000000000001", "web", (0.0, 1.0), times), more)
}

/// The error of the one document, if any.
async fn error_of(service: &Service, document: &Value) -> Option<String> {
    let input = json!({ "TraceSegmentDocuments": [document.to_string()] });
    let output = service.call("/TraceSegments", &input).await;
    let error = output["UnprocessedTraceSegments"][0]["ErrorCode"].as_str();
    error.map(str::to_owned)
}

#[tokio::test]
async fn a_document_may_have_64_kb_and_have_ended_a_week_ago() {
    let [generous, strict] = both().await;
    let filled = |bytes: usize| {
        seconds_ago(
            0.0,
            json!({ "metadata": { "default": { "x": "x".repeat(bytes) } } }),
        )
    };
    let cases = [
        (filled(60_000), None),
        (filled(64_000), Some("DocumentTooLarge")),
        (seconds_ago(7.0 * 24.0 - 1.0, json!({})), None),
        (
            seconds_ago(7.0 * 24.0 + 1.0, json!({})),
            Some("InvalidStartTime"),
        ),
    ];
    for (document, expected) in cases {
        assert_eq!(error_of(&generous, &document).await, None);
        assert_eq!(error_of(&strict, &document).await.as_deref(), expected);
    }
}

#[tokio::test]
async fn a_call_brings_50_documents_and_asks_for_5_traces() {
    let document = seconds_ago(0.0, json!({})).to_string();
    let put = json!({ "TraceSegmentDocuments": vec![document; 51] });
    let said = only_strict_refuses("/TraceSegments", &put).await;
    assert!(said.contains("it may have 50"), "{said}");
    let ids: Vec<_> = (0..6).map(trace_id).collect();
    for path in ["/Traces", "/TraceGraph"] {
        let said = only_strict_refuses(path, &json!({ "TraceIds": ids })).await;
        assert!(said.contains("it may have 5"), "{said}");
    }
}

#[tokio::test]
async fn a_graph_spans_6_hours_and_a_list_24() {
    let range = |length: f64| json!({ "StartTime": hours(length), "EndTime": hours(0.0) });
    let said = only_strict_refuses("/ServiceGraph", &range(6.1)).await;
    assert_eq!(said, "Time range cannot be longer than 6 hours");
    let said = only_strict_refuses("/TraceSummaries", &range(24.1)).await;
    assert_eq!(said, "Time range cannot be longer than 24 hours");
    let [_, strict] = both().await;
    strict.call("/ServiceGraph", &range(5.9)).await;
    strict.call("/TraceSummaries", &range(23.9)).await;
    strict.put(&[seconds_ago(1.0, json!({}))]).await;
    strict.trace(TRACE).await;
}
