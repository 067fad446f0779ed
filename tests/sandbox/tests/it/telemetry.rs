//! Telemetry arrives: the platform's records and the log lines, in order, and not while frozen.

use std::time::Duration;

use lambda_sandbox::{Event, InitializationType, Sandbox, Telemetry, Trace};
use serde_json::{Value, json};

use crate::fixtures::{PATIENCE, both, both_with, invoke, printed};

fn records(sandbox: &Sandbox, kind: &str) -> Vec<Value> {
    let records = printed(sandbox, "record").into_iter();
    records
        .filter(|record| record["type"] == kind)
        .map(|record| record["record"].clone())
        .collect()
}

/// The extension is given the time to be told everything while it handles the invocation.
async fn with_telemetry(types: &str) -> Sandbox {
    both_with("TELEMETRY", types)
        .env("EXTENSION_ON_INVOKE", "150")
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_records_of_an_invocation() {
    let sandbox = with_telemetry("platform").await;
    let invocation = invoke(&sandbox, json!({})).await;
    sandbox
        .logged("platform.runtimeDone", PATIENCE)
        .await
        .unwrap();
    let start = &records(&sandbox, "platform.start")[0];
    assert_eq!(start["requestId"], invocation.request_id);
    assert_eq!(
        start["tracing"]["spanId"],
        invocation.tracing.function_segment().unwrap()
    );
    let done = &records(&sandbox, "platform.runtimeDone")[0];
    assert_eq!(
        (&done["requestId"], &done["status"]),
        (&json!(invocation.request_id), &json!("success"))
    );
    assert_eq!(
        done["tracing"]["spanId"],
        invocation.tracing.invocation_subsegment().unwrap()
    );
    assert!(done["metrics"]["durationMs"].as_f64().unwrap() > 0.0);
    let produced = invocation.response.as_ref().unwrap().len();
    assert_eq!(done["metrics"]["producedBytes"], produced);
    assert_eq!(done["spans"][0]["name"], "responseLatency");

    // The report was written before the freeze and arrives after the thaw.
    assert!(records(&sandbox, "platform.report").is_empty());
    invoke(&sandbox, json!({})).await;
    let report = &records(&sandbox, "platform.report")[0];
    assert_eq!(report["requestId"], invocation.request_id);
    assert!(report["metrics"]["initDurationMs"].as_f64().unwrap() > 0.0);
    assert!(report["metrics"]["maxMemoryUsedMB"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn the_records_of_init_are_kept_for_the_subscriber() {
    let sandbox = with_telemetry("platform").await;
    invoke(&sandbox, json!({})).await;
    let kinds = printed(&sandbox, "record")
        .into_iter()
        .map(|record| record["type"].to_string());
    let kinds: Vec<String> = kinds
        .map(|kind| kind.replace("\"platform.", "").replace('"', ""))
        .collect();
    let expected = [
        "initStart",
        "telemetrySubscription",
        "extension",
        "initRuntimeDone",
        "initReport",
        "start",
    ];
    for kind in expected {
        assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
    }
    assert_eq!(kinds[0], "initStart");
    assert_eq!(
        records(&sandbox, "platform.extension")[0]["events"],
        json!(["INVOKE", "SHUTDOWN"])
    );
    assert_eq!(
        records(&sandbox, "platform.initReport")[0]["initializationType"],
        "on-demand"
    );
}

#[tokio::test]
async fn log_lines_come_to_those_who_asked_for_them() {
    let sandbox = with_telemetry("function").await;
    invoke(&sandbox, json!({"print": "to the log"})).await;
    sandbox.logged("record {", PATIENCE).await.unwrap();
    assert!(
        records(&sandbox, "function").contains(&json!("to the log")),
        "{:?}",
        sandbox.logs()
    );
    assert!(records(&sandbox, "platform.start").is_empty());
}

#[tokio::test]
async fn an_unsampled_invocation_has_no_tracing_in_its_records() {
    let sandbox = with_telemetry("platform").await;
    sandbox
        .invoke(Event::default().trace(Trace::Unsampled))
        .await
        .unwrap();
    sandbox
        .logged("platform.runtimeDone", PATIENCE)
        .await
        .unwrap();
    assert_eq!(
        records(&sandbox, "platform.runtimeDone")[0].get("tracing"),
        None
    );
}

#[tokio::test]
async fn a_timeout_and_a_crash_are_told() {
    let cases = [
        (json!({"sleep_ms": 60_000}), "timeout", Value::Null),
        (json!({"exit": 1}), "error", json!("Runtime.ExitError")),
    ];
    for (event, status, error_type) in cases {
        let sandbox = both_with("TELEMETRY", "platform")
            .env("EXTENSION_ON_SHUTDOWN", "200")
            .timeout(Duration::from_millis(400))
            .start()
            .await
            .unwrap();
        let invocation = invoke(&sandbox, event).await;
        let done = &records(&sandbox, "platform.runtimeDone")[0];
        assert_eq!(done["requestId"], invocation.request_id);
        assert_eq!(
            (&done["status"], &done["errorType"]),
            (&json!(status), &error_type)
        );
    }
}

#[tokio::test]
async fn what_ended_the_runtime_and_what_it_used_is_told_before_the_end() {
    let cases = [
        (json!({"exit": 3}), "with error: exit status 3"),
        (json!({"exit": 0}), "without providing a reason"),
        (json!({"abort": true}), "with error: signal: aborted"),
    ];
    for (event, how) in cases {
        let sandbox = both_with("TELEMETRY", "platform")
            .env("EXTENSION_ON_SHUTDOWN", "200")
            .start()
            .await
            .unwrap();
        let id = invoke(&sandbox, event).await.request_id;
        let expected = format!("RequestId: {id} Error: Runtime exited {how}\nRuntime.ExitError\n");
        assert_eq!(records(&sandbox, "platform.fault"), [json!(expected)]);
        let report = &records(&sandbox, "platform.report")[0];
        assert_eq!(
            (
                &report["requestId"],
                &report["status"],
                &report["errorType"]
            ),
            (&json!(id), &json!("error"), &json!("Runtime.ExitError"))
        );
        assert!(report["metrics"]["maxMemoryUsedMB"].is_u64(), "{report}");
        assert!(report["metrics"]["initDurationMs"].is_f64(), "{report}");
    }
}

#[tokio::test]
async fn a_restore_is_told_before_its_first_invocation_and_not_again() {
    let sandbox = both_with("TELEMETRY", "platform")
        .env("EXTENSION_ON_INVOKE", "150")
        .initialization(InitializationType::SnapStart)
        .start()
        .await
        .unwrap();
    invoke(&sandbox, json!({})).await;
    invoke(&sandbox, json!({})).await;
    // The second one's report is delivered in the third.
    invoke(&sandbox, json!({})).await;
    let kinds: Vec<_> = printed(&sandbox, "record")
        .into_iter()
        .map(|record| record["type"].as_str().unwrap().to_owned())
        .filter(|kind| kind.contains(".restore") || kind == "platform.start")
        .collect();
    let expected = [
        "platform.restoreStart",
        "platform.restoreRuntimeDone",
        "platform.restoreReport",
        "platform.start",
        "platform.start",
        "platform.start",
    ];
    assert_eq!(kinds, expected);
    let reports = records(&sandbox, "platform.report");
    assert!(reports[0]["metrics"]["restoreDurationMs"].is_f64());
    assert!(reports[0]["metrics"]["initDurationMs"].is_null());
    assert!(reports[1]["metrics"]["restoreDurationMs"].is_null());
}

#[tokio::test]
async fn emulators_accept_and_deliver_nothing_and_some_refuse() {
    for (telemetry, line) in [
        (Telemetry::AcceptedOnly, "telemetry 202"),
        (Telemetry::Refused, "telemetry 403"),
    ] {
        let sandbox = both_with("TELEMETRY", "platform")
            .env("EXTENSION_ON_INVOKE", "100")
            .telemetry(telemetry)
            .start()
            .await
            .unwrap();
        invoke(&sandbox, json!({})).await;
        assert!(sandbox.logged(line, PATIENCE).await.is_some());
        assert!(printed(&sandbox, "record").is_empty());
    }
    let sandbox = both().start().await.unwrap();
    assert!(printed(&sandbox, "record").is_empty());
}
