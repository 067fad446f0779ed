//! `--source aws`: another X-Ray stands in for AWS's own, because nothing here may ask a real account.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::documents::{TRACE, segment};
use crate::service::{Service, get, post, segments};

type Headers = Arc<Mutex<Vec<HeaderMap>>>;

/// AWS, which answers as it is told and keeps the headers of what it was asked.
async fn account() -> (String, Headers) {
    async fn answer(State(seen): State<Headers>, request: Request) -> String {
        seen.lock().unwrap().push(request.headers().clone());
        json!({ "path": request.uri().path() }).to_string()
    }
    let seen = Headers::default();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&seen));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    (url, seen)
}

fn local(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xray-local"));
    command
        .args(arguments)
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env(
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        )
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .kill_on_drop(true);
    command
}

struct Mirror {
    addr: std::net::SocketAddr,
    _child: Child,
}

impl Mirror {
    async fn start(endpoint: &str) -> Self {
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--source",
            "aws",
            "--endpoint",
            endpoint,
        ];
        let mut child = local(&arguments)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let addr = line
            .strip_prefix("xray-local listening on http://")
            .unwrap();
        Self {
            addr: addr.parse().unwrap(),
            _child: child,
        }
    }
}

#[tokio::test]
async fn what_reads_is_passed_on_signed() {
    let (url, seen) = account().await;
    let mirror = Mirror::start(&url).await;
    let answer = post(mirror.addr, "/TraceSummaries", "{}").await;
    assert_eq!(answer.json(), json!({ "path": "/TraceSummaries" }));
    let seen = seen.lock().unwrap();
    let signature = seen[0]["authorization"].to_str().unwrap();
    assert!(
        signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"),
        "{signature}"
    );
    assert!(
        signature.contains("/eu-west-1/xray/aws4_request"),
        "{signature}"
    );
}

#[tokio::test]
async fn what_writes_never_leaves_this_machine() {
    let (url, seen) = account().await;
    let mirror = Mirror::start(&url).await;
    for path in [
        "/TraceSegments",
        "/DeleteGroup",
        "/SamplingTargets",
        "/nothing",
    ] {
        let answer = post(mirror.addr, path, "{}").await;
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(answer.json()["__type"], "AccessDeniedException");
    }
    let read_only = get(mirror.addr, "/Traces").await;
    assert_eq!(read_only.status, 403, "an operation is a POST");
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_page_stands_before_the_account() {
    let account = Service::start().await;
    let document = segment("1000000000000001", "web", (0.0, 0.5), json!({}));
    account.put(std::slice::from_ref(&document)).await;
    let mirror = Mirror::start(&format!("http://{}", account.running.addr())).await;
    let page = get(mirror.addr, "/traces").await;
    assert!(page.header("content-type").starts_with("text/html"));
    let input = json!({ "TraceIds": [TRACE] }).to_string();
    let answer = post(mirror.addr, "/Traces", input).await;
    assert_eq!(segments(&answer.json()), [document]);
}

#[tokio::test]
async fn the_commands_ask_the_account_too() {
    let account = Service::start().await;
    let document = segment("1000000000000001", "web", (0.0, 0.5), json!({}));
    account.put(&[document]).await;
    let endpoint = format!("http://{}", account.running.addr());
    let asked = [
        "trace",
        TRACE,
        "--json",
        "--source",
        "aws",
        "--endpoint",
        &endpoint,
    ];
    let said = local(&asked).output().await.unwrap();
    let trace: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(trace["Id"], TRACE);
}

#[tokio::test]
async fn what_is_missing_is_said_with_what_sets_it() {
    let mut asked = local(&["traces", "--source", "aws"]);
    let said = asked.env_remove("AWS_REGION").output().await.unwrap();
    let text = String::from_utf8(said.stderr).unwrap();
    assert!(text.contains("AWS_REGION"), "{text}");
    let said = local(&["--endpoint", "http://127.0.0.1:1"])
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(said.stderr).unwrap();
    assert!(text.contains("--source aws"), "{text}");
}
