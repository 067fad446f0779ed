//! Rules on what is sent: what is redacted, and which traces are kept.

use serde_json::json;
use xray_segment::datagram::Datagram;

use crate::running::{Running, Setup, document};

async fn running(name: &'static str, value: &str) -> Running {
    let running = Setup::default().set(name, value).start().await;
    running.lambda.nexts(1).await;
    running.lambda.invoke("a", None);
    running
}

fn send(running: &Running, name: &str, fields: &str) {
    let document = document(name);
    let document = document.replacen('{', &format!("{{{fields},"), 1);
    running.send(&Datagram::Document(&document).to_bytes());
}

#[tokio::test]
async fn what_must_not_be_sent_is_redacted() {
    let running = running(
        "XRAY_EXTENSION_REDACT",
        "annotations:email;metadata:password;query",
    )
    .await;
    send(
        &running,
        "one",
        r#""annotations":{"email":"a@b","n":1},"metadata":{"default":{"deep":[{"password":2}]}},"http":{"request":{"url":"https://a/?q=1"}}"#,
    );
    running.document("two");
    running.end("a");
    running.lambda.nexts(2).await;
    let batch = &running.xray.batches()[0];
    let one = batch
        .iter()
        .find(|document| document["name"] == "one")
        .unwrap();
    assert_eq!(one["annotations"], json!({"email": "redacted", "n": 1}));
    assert_eq!(
        one["metadata"],
        json!({"default": {"deep": [{"password": "redacted"}]}})
    );
    assert_eq!(one["http"]["request"]["url"], "https://a/?redacted");
    let report = running.shut_down().await;
    assert_eq!((report.sent, report.redacted), (2, 1));
}

#[tokio::test]
async fn only_traces_worth_keeping_are_sent_and_the_others_are_counted_apart() {
    let running = running("XRAY_EXTENSION_KEEP", "faults,slower:5s").await;
    send(&running, "fault", r#""fault":true"#);
    running.document("fast");
    send(
        &running,
        "slow",
        r#""subsegments":[{"start_time":1,"end_time":7}]"#,
    );
    running.end("a");
    running.lambda.nexts(2).await;
    let mut names = running.xray.names();
    names.sort();
    assert_eq!(names, ["fault", "slow"]);
    // Later than the decision.
    running.document("fast");
    running.document("fault");
    let xray = running.xray.clone();
    let report = running.shut_down().await;
    assert_eq!(xray.names().len(), 3);
    assert_eq!(
        (
            report.sent,
            report.left_out,
            report.unsent,
            report.has_losses()
        ),
        (3, 2, 0, false)
    );
}

#[tokio::test]
async fn what_a_dead_function_left_open_is_a_fault_that_keeps_its_trace() {
    let running = running("XRAY_EXTENSION_KEEP", "faults").await;
    let closed = document("one");
    running.send(&Datagram::Document(&closed).to_bytes());
    let open = closed
        .replacen("\"id\":\"", "\"id\":\"f", 1)
        .replace("\"end_time\":2", "\"in_progress\":true");
    let id = open.find("\"id\":\"f").unwrap() + 6;
    let open = format!("{}{}", &open[..id + 15], &open[id + 16..]);
    let open = open.replace("one\",\"id", "open\",\"id");
    running.send(&Datagram::Open(&open).to_bytes());
    running.end("a");
    running.lambda.nexts(2).await;
    assert_eq!(running.xray.names(), [""; 0]);
    running.lambda.shut_down("TIMEOUT");
    let xray = running.xray.clone();
    let report = running.shut_down().await;
    assert_eq!((report.sent, report.left_out, report.unsent), (2, 0, 0));
    assert_eq!(xray.names(), ["one", "open"]);
}

#[tokio::test]
async fn a_daemon_decides_when_the_segment_has_come() {
    let running = Setup::daemon()
        .set("XRAY_EXTENSION_KEEP", "errors")
        .start()
        .await;
    let segment = |name: &str, fields: &str| {
        let document = document(name).replace(",\"type\":\"subsegment\"", fields);
        running.send(&Datagram::Document(&document).to_bytes());
    };
    send(&running, "good", r#""n":1"#);
    segment("good", "");
    send(&running, "bad", r#""error":true"#);
    segment("bad", "");
    running.xray.stored(2).await;
    assert_eq!(running.xray.names(), ["bad", "bad"]);
    let report = running.stop().await;
    assert_eq!((report.sent, report.left_out), (2, 2));
}

#[tokio::test]
async fn adaptive_stops_holding_invocations_when_they_come_often() {
    let running = Setup::default()
        .set("XRAY_EXTENSION_FLUSH", "adaptive")
        .start()
        .await;
    for number in 0..12 {
        running.lambda.nexts(number + 1).await;
        running.lambda.invoke(&number.to_string(), None);
        if number < 8 {
            running.end(&number.to_string());
        }
    }
    // The last of them were not waited for.
    running.lambda.nexts(13).await;
    running.shut_down().await;
}
