//! What functions write, on its way to a local X-Ray.

use serde_json::{Value, json};

use crate::fake_xray::Reply;
use crate::http::post;
use crate::running::{Running, Setup};

const TRACE: &str = "1-5759e988-bd862e3fe1be46a994272793";

async fn telemetry(running: &Running, records: &[Value]) {
    let batch = Value::from(records).to_string();
    post(running.lambda.telemetry_port(), &batch).await.unwrap();
}

fn start(request_id: &str) -> Value {
    let value = format!("Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1");
    json!({"type": "platform.start", "record": {"requestId": request_id, "tracing": {"value": value}}})
}

fn line(message: &str) -> Value {
    json!({"time": "2023-11-14T22:13:20.500Z", "type": "function", "record": message})
}

async fn started() -> Running {
    let setup = Setup::default()
        .set("XRAY_EXTENSION_LOGS", "on")
        .set("AWS_LAMBDA_FUNCTION_NAME", "hello");
    let running = setup.start().await;
    running.lambda.nexts(1).await;
    running
}

#[tokio::test]
async fn lines_go_to_the_local_x_ray_with_their_invocation() {
    let running = started().await;
    assert_eq!(
        running.lambda.calls()[1].body["types"],
        json!(["platform", "function"])
    );
    telemetry(&running, &[line("before"), start("a"), line("within\n")]).await;
    let events = running.xray.lines(2).await;
    let event = |request_id: Option<&str>, trace_id: Option<&str>, message: &str| json!({"Time": 1_700_000_000.5, "RequestId": request_id, "TraceId": trace_id, "Function": "hello", "Message": message});
    assert_eq!(
        events,
        [
            event(None, None, "before"),
            event(Some("a"), Some(TRACE), "within")
        ]
    );
    let report = running.shut_down().await;
    assert_eq!((report.lines_dropped, report.received), (0, 0));
}

#[tokio::test]
async fn the_end_waits_for_lines() {
    let running = started().await;
    running.lambda.invoke("a", None);
    telemetry(&running, &[start("a")]).await;
    running.end("a");
    running.lambda.nexts(2).await;
    running.lambda.shut_down("SPINDOWN");
    // It gathers records for a while before it posts them.
    let report = json!({"type": "platform.report", "record": {"requestId": "a"}});
    telemetry(&running, &[line("last"), report]).await;
    let xray = running.xray.clone();
    running.ended().await;
    let lines = xray.lines(1).await;
    assert_eq!(
        (&lines[0]["Message"], &lines[0]["TraceId"]),
        (&"last".into(), &TRACE.into())
    );
}

#[tokio::test]
async fn where_nobody_takes_lines_they_are_no_longer_offered() {
    let running = started().await;
    running
        .xray
        .always(Reply::Refuse(404, "UnknownOperationException"));
    telemetry(&running, &[line("one")]).await;
    running
        .said_in_time(&["takes no lines", "XRAY_EXTENSION_LOGS"])
        .await;
    let calls = running.xray.calls();
    telemetry(&running, &[line("two")]).await;
    running.document("one");
    running.xray.always(Reply::Good);
    let xray = running.xray.clone();
    let report = running.shut_down().await;
    assert_eq!((report.lines_dropped, report.sent), (1, 1));
    assert_eq!(xray.calls(), calls + 1);
}
