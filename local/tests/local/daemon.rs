//! The daemon's port: what an SDK sends over UDP is a trace, what it asks over TCP is answered.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use serde_json::{Value, json};
use xray_local::{Config, Local};

use crate::documents::{TRACE, in_progress, segment, subsegment, trace_id, with};
use crate::service::{Service, post};

async fn start() -> (Service, SocketAddr) {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let service = Service::start_with(|config| Config {
        daemon: Some(anywhere),
        ..config
    })
    .await;
    let daemon = *service.running.daemon().unwrap().as_ref().unwrap();
    (service, daemon)
}

fn send(to: SocketAddr, header: &str, body: &str) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let datagram = format!("{header}\n{body}");
    socket.send_to(datagram.as_bytes(), to).unwrap();
}

const DOCUMENT: &str = r#"{"format":"json","version":1}"#;
const OPEN: &str = r#"{"format":"xray-extension","version":1,"kind":"open"}"#;

/// The segments of a trace, when there are so many.
async fn segments(service: &Service, id: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let there = async {
        loop {
            let output = service.call("/Traces", &json!({ "TraceIds": [id] })).await;
            if output["Traces"] != json!([]) {
                let segments = crate::service::segments(&output);
                if holds(&segments) {
                    return segments;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), there)
        .await
        .unwrap()
}

#[tokio::test]
async fn documents_over_udp_are_traces_and_what_is_open_shows_as_in_progress_until_it_closes() {
    let (service, daemon) = start().await;
    let web = segment("1000000000000001", "web", (0.0, 1.0), json!({}));
    send(daemon, DOCUMENT, &web.to_string());
    assert_eq!(segments(&service, TRACE, |_| true).await, [web]);

    let inner = subsegment(
        "1000000000000002",
        "pay",
        "1000000000000001",
        (0.2, 0.4),
        json!({}),
    );
    send(daemon, OPEN, &in_progress(inner.clone()).to_string());
    let nested = |found: &[Value]| found[0]["subsegments"][0]["name"] == "pay";
    let found = segments(&service, TRACE, nested).await;
    assert_eq!(found[0]["subsegments"][0]["in_progress"], true);
    send(daemon, DOCUMENT, &inner.to_string());
    let closed = |found: &[Value]| found[0]["subsegments"][0]["end_time"].is_number();
    let found = segments(&service, TRACE, closed).await;
    assert_eq!(found[0]["subsegments"][0]["in_progress"], Value::Null);
}

#[tokio::test]
async fn the_wrapper_finds_a_friend_there_and_anybody_may_ask_how_it_stands() {
    let (service, daemon) = start().await;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let hostile: [&[u8]; 7] = [
        b"",
        b"\n",
        b"no header",
        b"{\"format\":\"json\",\"version\":1}\n",
        b"{\"format\":\"json\",\"version\":1}\n{\"id\":1}",
        b"{\"format\":\"json\",\"version\":1}\n[[[[[[",
        b"{\"format\":\"json\",\"version\":1}\n\xff\xfe",
    ];
    for bytes in hostile {
        socket.send_to(bytes, daemon).unwrap();
    }
    let web = segment("1000000000000001", "web", (0.0, 1.0), json!({}));
    send(daemon, DOCUMENT, &web.to_string());
    segments(&service, TRACE, |_| true).await;
    for kind in ["hello", "report"] {
        let header = format!(r#"{{"format":"xray-extension","version":1,"kind":"{kind}"}}"#);
        let datagram = format!("{header}\n{{}}");
        socket.send_to(datagram.as_bytes(), daemon).unwrap();
    }
    let ask = move || {
        let mut buffer = [0; 4096];
        let mut next = || {
            let size = socket.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..size].to_vec()).unwrap()
        };
        (next(), next())
    };
    let (welcome, report) = tokio::task::spawn_blocking(ask).await.unwrap();
    assert!(welcome.contains("\"welcome\""), "{welcome}");
    let report: Value = serde_json::from_str(report.split_once('\n').unwrap().1).unwrap();
    assert_eq!(report["received"], 8);
    assert_eq!(report["stored"], 1);
    assert_eq!(report["refused"], 7);
    assert_eq!(report["kernel_dropped"], 0);
}

#[tokio::test]
async fn over_tcp_sdks_get_sampling_rules_and_nothing_else() {
    let (service, daemon) = start().await;
    let rules = post(daemon, "/GetSamplingRules", "").await.json();
    let name = &rules["SamplingRuleRecords"][0]["SamplingRule"]["RuleName"];
    assert_eq!(name, "Default");
    let reports = json!({ "SamplingStatisticsDocuments": [] }).to_string();
    let targets = post(daemon, "/SamplingTargets", reports).await;
    assert_eq!(targets.json()["LastRuleModification"], 0.0);
    for path in [
        "/Traces",
        "/TraceSummaries",
        "/CreateSamplingRule",
        "/",
        "/GetLogs",
    ] {
        assert_eq!(post(daemon, path, "{}").await.status, 404, "{path}");
    }
    drop(service);
}

#[tokio::test]
async fn what_was_sent_before_the_end_is_stored_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        daemon: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        ..Config::new(folder.path())
    };
    let running = Local::start(config.clone()).await.unwrap();
    let daemon = *running.daemon().unwrap().as_ref().unwrap();
    for number in 0..200 {
        let id = json!({ "trace_id": trace_id(number) });
        let document = with(
            segment("1000000000000001", "web", (0.0, 1.0), json!({})),
            id,
        );
        send(daemon, DOCUMENT, &document.to_string());
    }
    running.close().await;
    let again = Local::start(config).await.unwrap();
    let ids: Vec<_> = (0..200).map(trace_id).collect();
    let body = json!({ "TraceIds": ids }).to_string();
    let found = post(again.addr(), "/Traces", body).await.json();
    assert_eq!(found["Traces"].as_array().unwrap().len(), 200);
}

#[tokio::test]
async fn where_the_port_is_taken_the_api_is_there_and_the_daemon_says_why_not() {
    let (_first, taken) = start().await;
    let second = Service::start_with(|config| Config {
        daemon: Some(taken),
        ..config
    })
    .await;
    let error = second.running.daemon().unwrap().as_ref().unwrap_err();
    assert!(error.to_string().contains("--daemon"), "{error}");
    let web = segment("1000000000000001", "web", (0.0, 1.0), json!({}));
    second.put(&[web]).await;
}
