//! Registering, invocations, the end: what Lambda sees, and when documents go.

use std::time::Duration;

use serde_json::json;

use crate::http::post;
use crate::running::Setup;

const MINUTE: Option<Duration> = Some(Duration::from_mins(1));

#[tokio::test]
async fn it_registers_subscribes_and_asks_for_the_first_event() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    let calls = running.lambda.calls();
    let paths: Vec<_> = calls.iter().map(|call| call.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/2020-01-01/extension/register",
            "/2022-07-01/telemetry",
            "/2020-01-01/extension/event/next"
        ]
    );
    assert_eq!(calls[0].name.as_deref(), Some("xray-extension"));
    assert_eq!(calls[0].body, json!({"events": ["INVOKE", "SHUTDOWN"]}));
    assert_eq!(calls[1].body["schemaVersion"], "2022-12-13");
    assert_eq!(calls[1].body["types"], json!(["platform"]));
    assert_eq!(
        calls[1].body["buffering"],
        json!({"maxItems": 1000, "maxBytes": 262_144, "timeoutMs": 25})
    );
    assert!(
        calls[1..]
            .iter()
            .all(|call| call.identifier.as_deref() == Some("the-id"))
    );
    assert!(!running.shut_down().await.has_losses());
}

#[tokio::test]
async fn on_a_managed_instance_it_asks_for_no_invocations_and_sends_periodically() {
    let running = Setup::default()
        .set("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances")
        .set("XRAY_EXTENSION_FLUSH", "periodic:20")
        .start()
        .await;
    running.lambda.nexts(1).await;
    let calls = running.lambda.calls();
    assert_eq!(calls[0].body, json!({"events": ["SHUTDOWN"]}));
    assert_eq!(calls[1].body["schemaVersion"], "2025-01-29");
    running.document("a");
    running.xray.stored(1).await;
    assert_eq!(running.lambda.nexts_so_far(), 1);
    assert_eq!(running.shut_down().await.sent, 1);
}

#[tokio::test]
async fn the_api_may_be_a_url_with_a_path() {
    let running = Setup {
        base: "/.rt",
        ..Setup::default()
    }
    .start()
    .await;
    running.lambda.nexts(1).await;
    assert!(
        running
            .lambda
            .calls()
            .iter()
            .all(|call| call.path.starts_with("/.rt/20"))
    );
}

#[tokio::test]
async fn it_goes_on_when_lambda_refuses() {
    let running = Setup {
        refusals: 2,
        ..Setup::default()
    }
    .start()
    .await;
    running.lambda.nexts(1).await;
    assert!(running.said(&["register", "500"]));
    running.shut_down().await;
}

#[tokio::test]
async fn a_hello_is_answered() {
    let running = Setup::default().start().await;
    let answer = String::from_utf8(running.hello().await).unwrap();
    assert!(
        answer.contains("welcome") && answer.contains(env!("CARGO_PKG_VERSION")),
        "{answer}"
    );
}

#[tokio::test]
async fn the_marker_ends_an_invocation_and_its_documents_are_there_before_next() {
    let running = Setup::default().start().await;
    for (count, id) in ["a", "b", "c"].iter().enumerate() {
        running.lambda.nexts(count + 1).await;
        running.lambda.invoke(id, MINUTE);
        running.document(&format!("{id}1"));
        running.document(&format!("{id}2"));
        running.end(id);
        running.lambda.nexts(count + 2).await;
        assert_eq!(
            running.xray.names().len(),
            2 * (count + 1),
            "{}",
            running.lines()
        );
    }
    let report = running.shut_down().await;
    assert_eq!((report.received, report.sent, report.calls), (6, 6, 3));
}

#[tokio::test]
async fn the_platform_ends_an_invocation_of_a_function_that_sends_no_marker() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    let port = running.lambda.telemetry_port();
    running.lambda.invoke("a", MINUTE);
    running.document("one");
    let done = |id: &str| {
        format!(
            r#"[{{"type":"platform.runtimeDone","record":{{"requestId":"{id}","status":"success"}}}},{{"type":"platform.new"}}]"#
        )
    };
    assert!(post(port, &done("another")).await.unwrap().contains("200"));
    // It is at work on the invocation, and has not taken another one's end for this one's.
    running.hello().await;
    assert_eq!(running.lambda.nexts_so_far(), 1);
    post(port, &done("a")).await.unwrap();
    running.lambda.nexts(2).await;
    assert_eq!(running.xray.names(), ["one"]);
}

#[tokio::test]
async fn what_is_no_telemetry_is_harmless() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    let port = running.lambda.telemetry_port();
    assert!(post(port, "nonsense").await.unwrap().contains("200"));
    assert!(
        post(port, &"x".repeat(2 << 20))
            .await
            .unwrap()
            .contains("413")
    );
    running.lambda.invoke("a", MINUTE);
    running.end("a");
    running.lambda.nexts(2).await;
}

#[tokio::test]
async fn a_marker_flushes_although_no_invocation_was_told_of() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    running.document("one");
    running.end("lost");
    running.xray.stored(1).await;
    assert_eq!(running.lambda.nexts_so_far(), 1);
}

#[tokio::test]
async fn a_marker_may_come_before_its_invocation_is_told_of() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    running.document("one");
    running.end("a");
    running.xray.stored(1).await;
    running.lambda.invoke("a", MINUTE);
    running.lambda.nexts(2).await;
}

#[tokio::test]
async fn documents_after_the_marker_go_with_the_next_flush() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    running.lambda.invoke("a", MINUTE);
    running.end("a");
    running.document("late");
    running.lambda.nexts(2).await;
    running.lambda.invoke("b", MINUTE);
    running.end("b");
    running.lambda.nexts(3).await;
    assert_eq!(running.xray.names(), ["late"]);
}

#[tokio::test]
async fn the_deadline_ends_an_invocation_that_nothing_else_ends() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    post(
        running.lambda.telemetry_port(),
        r#"[{"type":"platform.initStart"}]"#,
    )
    .await
    .unwrap();
    running.lambda.invoke("a", Some(Duration::from_millis(700)));
    running.document("before the deadline");
    running.lambda.nexts(2).await;
    assert_eq!(running.xray.names(), ["before the deadline"]);
}

#[tokio::test]
async fn without_telemetry_and_deadline_a_quiet_ends_an_invocation() {
    for telemetry in [202, 403] {
        let running = Setup {
            telemetry,
            ..Setup::default()
        }
        .start()
        .await;
        running.lambda.nexts(1).await;
        running.lambda.invoke("a", None);
        running.document("one");
        running.lambda.nexts(2).await;
        assert_eq!(running.xray.names(), ["one"]);
    }
}

#[tokio::test]
async fn deferred_says_next_at_once_and_sends_during_the_next_invocation() {
    let running = Setup::default()
        .set("XRAY_EXTENSION_FLUSH", "deferred")
        .start()
        .await;
    running.lambda.nexts(1).await;
    running.lambda.invoke("a", MINUTE);
    running.lambda.nexts(2).await;
    running.document("one");
    running.end("a");
    running.hello().await;
    assert_eq!(running.xray.calls(), 0);
    running.lambda.invoke("b", MINUTE);
    running.xray.stored(1).await;
    running.document("two");
    let xray = running.xray.clone();
    assert_eq!(running.shut_down().await.sent, 2);
    assert_eq!(xray.names(), ["one", "two"]);
}

#[tokio::test]
async fn the_end_sends_what_is_there() {
    for reason in ["TIMEOUT", "failure", "recompiling function"] {
        let running = Setup::default().start().await;
        running.lambda.nexts(1).await;
        running.lambda.invoke("a", MINUTE);
        running.document("one");
        running.end("a");
        running.lambda.nexts(2).await;
        running.document("two");
        running.lambda.shut_down(reason);
        let xray = running.xray.clone();
        let report = running.shut_down().await;
        assert_eq!((report.sent, report.has_losses()), (2, false));
        assert_eq!(xray.names(), ["one", "two"]);
    }
}

#[tokio::test]
async fn a_daemon_sends_by_itself_and_drains_when_it_is_told_to_end() {
    let running = Setup::daemon().start().await;
    running.document("one");
    running.xray.stored(1).await;
    running.document("two");
    let xray = running.xray.clone();
    let report = running.stop().await;
    assert_eq!((report.sent, report.unsent), (2, 0));
    assert_eq!(xray.names(), ["one", "two"]);
}

#[tokio::test]
async fn a_daemon_sends_a_full_call_without_waiting() {
    let running = Setup::daemon()
        .set("XRAY_EXTENSION_FLUSH", "periodic:60000")
        .start()
        .await;
    for number in 0..50 {
        running.document(&format!("n{number}"));
    }
    running.xray.stored(50).await;
    assert_eq!(running.xray.batches().len(), 1);
}

#[tokio::test]
async fn open_subsegments_are_held_and_not_sent() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    running.lambda.invoke("a", MINUTE);
    let open = crate::running::document("one").replace("\"end_time\":2", "\"in_progress\":true");
    running.send(&xray_segment::datagram::Datagram::Open(&open).to_bytes());
    running.document("one");
    running.end("a");
    running.lambda.nexts(2).await;
    assert_eq!(running.xray.names(), ["one"]);
    assert_eq!(running.shut_down().await.received, 1);
}

#[tokio::test]
async fn what_a_dead_function_left_open_is_closed_as_a_fault() {
    for (reason, telemetry, message) in [
        (
            "TIMEOUT",
            r#""status":"timeout","metrics":{"durationMs":3000}"#,
            "function timed out after 3.00 s",
        ),
        (
            "failure",
            r#""status":"error","errorType":"Runtime.ExitError""#,
            "runtime exited",
        ),
    ] {
        let running = Setup::default().start().await;
        running.lambda.nexts(1).await;
        running.lambda.invoke("a", MINUTE);
        let open =
            crate::running::document("open").replace("\"end_time\":2", "\"in_progress\":true");
        running.send(&xray_segment::datagram::Datagram::Open(&open).to_bytes());
        running.document("closed");
        let done = format!(
            r#"[{{"type":"platform.runtimeDone","record":{{"requestId":"a",{telemetry}}}}}]"#
        );
        post(running.lambda.telemetry_port(), &done).await.unwrap();
        running.lambda.nexts(2).await;
        assert_eq!(
            running.xray.names(),
            ["closed"],
            "telemetry alone closes nothing"
        );
        running.lambda.shut_down(reason);
        let xray = running.xray.clone();
        let report = running.shut_down().await;
        assert_eq!(
            (report.received, report.closed, report.sent, report.unsent),
            (1, 1, 2, 0)
        );
        let document = &xray.batches()[1][0];
        assert_eq!(
            (&document["name"], &document["fault"]),
            (&"open".into(), &true.into())
        );
        let cause = document["cause"]["exceptions"][0]["message"]
            .as_str()
            .unwrap();
        assert!(cause.contains(message), "{cause}");
    }
}
