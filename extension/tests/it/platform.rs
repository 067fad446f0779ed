//! What the platform tells of invocations, in their traces.

use serde_json::Value;
use xray_segment::datagram::Datagram;

use crate::http::post;
use crate::running::{Running, Setup, document};

const TRACING: &str = r#""tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}"#;

async fn telemetry(running: &Running, kind: &str, record: &str) {
    let batch =
        format!(r#"[{{"time":"2023-11-14T22:13:20.000Z","type":"{kind}","record":{record}}}]"#);
    post(running.lambda.telemetry_port(), &batch).await.unwrap();
}

async fn report(running: &Running, request_id: &str, metrics: &str) {
    let record = format!(
        r#"{{"requestId":"{request_id}","status":"success","metrics":{{{metrics}}},{TRACING}}}"#
    );
    telemetry(running, "platform.report", &record).await;
}

async fn done(running: &Running, request_id: &str, status: &str) {
    let record = format!(
        r#"{{"requestId":"{request_id}","status":"{status}","metrics":{{"durationMs":120}}}}"#
    );
    telemetry(running, "platform.runtimeDone", &record).await;
}

async fn started(setup: Setup) -> Running {
    let running = setup.start().await;
    running.lambda.nexts(1).await;
    running
}

#[tokio::test]
async fn a_cold_start_is_told_when_the_platform_reports_it() {
    let setup = Setup::default().set("XRAY_EXTENSION_PLATFORM", "notable");
    let running = started(setup).await;
    running.lambda.invoke("a", None);
    done(&running, "a", "success").await;
    running.lambda.nexts(2).await;
    running.lambda.invoke("b", None);
    let cold =
        r#""billedDurationMs":130,"memorySizeMB":128,"maxMemoryUsedMB":40,"initDurationMs":80.5"#;
    report(&running, "a", cold).await;
    done(&running, "b", "success").await;
    running.lambda.nexts(3).await;
    report(&running, "b", r#""memorySizeMB":128,"maxMemoryUsedMB":40"#).await;
    let xray = running.xray.clone();
    let report = running.shut_down().await;
    assert_eq!((report.told, report.sent, report.unsent), (1, 1, 0));
    let batches = xray.batches();
    let told = &batches[0][0];
    assert_eq!(
        (&told["name"], &told["parent_id"]),
        (&"platform".into(), &"53995c3f42cd8ad8".into())
    );
    assert_eq!(told["annotations"]["cold_start"], true);
    assert_eq!(told["metadata"]["platform"]["initDurationMs"], 80.5);
}

#[tokio::test]
async fn nothing_is_told_unless_it_is_asked_for() {
    let running = started(Setup::default()).await;
    running.lambda.invoke("a", None);
    done(&running, "a", "error").await;
    running.lambda.nexts(2).await;
    report(&running, "a", r#""initDurationMs":80"#).await;
    assert_eq!(running.shut_down().await.told, 0);
}

fn open(running: &Running) {
    let open = document("open").replace("\"end_time\":2", "\"in_progress\":true");
    running.send(&Datagram::Open(&open).to_bytes());
}

fn message(document: &Value) -> String {
    let exception = &document["cause"]["exceptions"][0];
    exception["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_end_waits_for_the_platforms_last_words() {
    let running = started(Setup::default()).await;
    running.lambda.invoke("a", None);
    open(&running);
    done(&running, "a", "error").await;
    running.lambda.nexts(2).await;
    telemetry(
        &running,
        "platform.fault",
        r#""RequestId: a Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n""#,
    )
    .await;
    running.lambda.shut_down("FAILURE");
    report(&running, "a", r#""memorySizeMB":128,"maxMemoryUsedMB":128"#).await;
    let xray = running.xray.clone();
    running.ended().await;
    assert_eq!(
        message(&xray.batches()[0][0]),
        "runtime exited: signal: killed, likely out of memory (128 of 128 MB were in use)"
    );
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let running = started(Setup::default()).await;
    running.lambda.invoke("a", None);
    open(&running);
    done(&running, "a", "timeout").await;
    running.lambda.nexts(2).await;
    running.lambda.shut_down("TIMEOUT");
    let xray = running.xray.clone();
    running.ended().await;
    assert_eq!(
        message(&xray.batches()[0][0]),
        "function timed out after 0.12 s"
    );
}

#[tokio::test]
async fn a_restored_environment_connects_anew() {
    for by_telemetry in [true, false] {
        let initialization = if by_telemetry {
            "on-demand"
        } else {
            "snap-start"
        };
        let setup = Setup::default().set("AWS_LAMBDA_INITIALIZATION_TYPE", initialization);
        let running = started(setup).await;
        running.xray.connected(1).await;
        if by_telemetry {
            telemetry(&running, "platform.restoreStart", "{}").await;
        }
        running.lambda.invoke("a", None);
        running.document("one");
        running.end("a");
        running.lambda.nexts(2).await;
        assert!(running.xray.connections() >= 2);
        assert_eq!(running.shut_down().await.sent, 1);
    }
}
