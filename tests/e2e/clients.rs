//! Real clients: the official SDKs send to the extension's port, boto3 reads from the local X-Ray, cargo-lambda runs it all.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use end_to_end::{LocalXRay, Program, free_udp_address, node_modules, python};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(name)
}

/// The extension outside Lambda: a daemon.
struct Daemon {
    address: String,
    _process: Child,
}

impl Daemon {
    async fn start(endpoint: &str) -> Self {
        let address = free_udp_address();
        let mut process = Command::new(Program::Extension.path())
            .env_clear()
            .env("XRAY_EXTENSION_ADDRESS", &address)
            .env("AWS_ENDPOINT_URL_XRAY", endpoint)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "any")
            .env("AWS_SECRET_ACCESS_KEY", "any")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // The first line says where it listens; from then on nothing sent is lost.
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap_or_default();
        assert!(line.contains(&address), "{line}");
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            address,
            _process: process,
        }
    }
}

async fn printed(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().await.unwrap();
    assert!(
        output.status.success(),
        "{command:?} ended with {}",
        output.status
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Waits until the trace is there: a daemon sends in its own time.
async fn wait_for(local: &LocalXRay, trace_id: &str) -> Vec<Value> {
    let there = async {
        loop {
            let segments = local.segments(trace_id).await;
            if !segments.is_empty() {
                return segments;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), there)
        .await
        .expect("the trace arrives")
}

fn check_tree(segments: &[Value], language: &str) {
    let segment = segments
        .iter()
        .find(|segment| segment["name"] == format!("{language}-client"))
        .unwrap();
    assert_eq!(segment["annotations"]["language"], language);
    assert_eq!(segment["subsegments"][0]["name"], "inner");
    assert_eq!(
        segment["subsegments"][0]["metadata"]["default"]["cart"]["items"],
        3
    );
}

#[tokio::test]
async fn the_python_sdk_sends_and_boto3_reads() {
    let Some(python) = python() else { return };
    let local = LocalXRay::start().await;
    let daemon = Daemon::start(local.url()).await;
    let mut send = Command::new(python.join("python"));
    send.arg(script("send.py"))
        .env("AWS_XRAY_DAEMON_ADDRESS", &daemon.address);
    let trace_id = printed(&mut send).await;
    check_tree(&wait_for(&local, &trace_id).await, "python");

    let mut read = Command::new(python.join("python"));
    read.arg(script("read.py"))
        .arg(&trace_id)
        .env("AWS_ENDPOINT_URL_XRAY", local.url());
    let read: Value = serde_json::from_str(&printed(&mut read).await).unwrap();
    assert_eq!(read["traces"][0]["Id"], *trace_id);
    assert_eq!(
        read["unprocessed"][0],
        "1-00000000-000000000000000000000000"
    );
    let document = read["traces"][0]["Segments"][0]["Document"]
        .as_str()
        .unwrap();
    check_tree(&[serde_json::from_str(document).unwrap()], "python");
    assert_eq!(read["summaries"][0]["Id"], *trace_id);
    assert_eq!(
        read["summaries"][0]["Annotations"]["language"][0]["AnnotationValue"]["StringValue"],
        "python"
    );
}

#[tokio::test]
async fn the_node_sdk_sends() {
    let Some(modules) = node_modules() else {
        return;
    };
    let local = LocalXRay::start().await;
    let daemon = Daemon::start(local.url()).await;
    let mut send = Command::new("node");
    send.arg(script("send.js"))
        .env("NODE_PATH", modules)
        .env("AWS_XRAY_DAEMON_ADDRESS", &daemon.address);
    let trace_id = printed(&mut send).await;
    check_tree(&wait_for(&local, &trace_id).await, "node");
}
