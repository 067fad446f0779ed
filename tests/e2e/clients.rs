//! Real clients: the official SDKs send to the extension's port, boto3 reads from the local X-Ray, cargo-lambda runs it all.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use end_to_end::{LocalXRay, Program, free_udp_address, node_modules, post, python};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;

pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(name)
}

/// The extension, started by hand.
pub(crate) struct Extension {
    pub(crate) address: String,
    _process: Child,
}

impl Extension {
    /// Outside Lambda: a daemon.
    pub(crate) async fn daemon(endpoint: &str) -> Self {
        Self::start(free_udp_address(), endpoint, |_| {}).await
    }

    async fn start(address: String, endpoint: &str, adjust: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(Program::Extension.path());
        command
            .env_clear()
            .env("XRAY_EXTENSION_ADDRESS", &address)
            .env("AWS_ENDPOINT_URL_XRAY", endpoint)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "any")
            .env("AWS_SECRET_ACCESS_KEY", "any")
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        adjust(&mut command);
        let mut process = command.spawn().unwrap();
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

pub(crate) async fn printed(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().await.unwrap();
    assert!(
        output.status.success(),
        "{command:?} ended with {}",
        output.status
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Waits until the trace is there: a daemon sends in its own time.
pub(crate) async fn wait_for(local: &LocalXRay, trace_id: &str) -> Vec<Value> {
    let there = async {
        loop {
            let segments = local.segments(trace_id).await;
            if !segments.is_empty() {
                return segments;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), there)
        .await
        .expect("the trace arrives")
}

pub(crate) fn check_tree(segments: &[Value], language: &str) {
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
    let daemon = Extension::daemon(local.url()).await;
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
    let daemon = Extension::daemon(local.url()).await;
    let mut send = Command::new("node");
    send.arg(script("send.js"))
        .env("NODE_PATH", modules)
        .env("AWS_XRAY_DAEMON_ADDRESS", &daemon.address);
    let trace_id = printed(&mut send).await;
    check_tree(&wait_for(&local, &trace_id).await, "node");
}

#[tokio::test]
async fn the_python_sdk_gets_its_sampling_rules_through_the_extension() {
    let Some(python) = python() else { return };
    let local = LocalXRay::start().await;
    let rule = json!({"SamplingRule": {
        "RuleName": "checkout", "ResourceARN": "*", "Priority": 7, "FixedRate": 0.25, "ReservoirSize": 3, "Version": 1,
        "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "POST", "URLPath": "/checkout",
    }});
    local.post("/CreateSamplingRule", &rule).await;
    let daemon = Extension::daemon(local.url()).await;
    let (host, port) = daemon.address.split_once(':').unwrap();
    let mut ask = Command::new(python.join("python"));
    ask.arg(script("sampling.py")).args([host, port]);
    let rules: Value = serde_json::from_str(&printed(&mut ask).await).unwrap();
    assert_eq!(rules, json!({"checkout": 0.25, "Default": 1.0}));
}

#[tokio::test]
async fn the_extension_passes_on_nothing_but_sampling() {
    let local = LocalXRay::start().await;
    let daemon = Extension::daemon(local.url()).await;
    let address = daemon.address.parse().unwrap();
    let rules = post(address, "/GetSamplingRules", &json!({})).await;
    assert_eq!(
        rules["SamplingRuleRecords"][0]["SamplingRule"]["RuleName"],
        "Default"
    );
    let targets = json!({"SamplingStatisticsDocuments": []});
    assert!(post(address, "/SamplingTargets", &targets).await["LastRuleModification"].is_number());
    for path in [
        "/Traces",
        "/TraceSummaries",
        "/TraceSegments",
        "/CreateSamplingRule",
        "/GetSamplingRules/x",
    ] {
        let refused = post(address, path, &json!({"TraceIds": []})).await;
        assert!(
            refused["Message"]
                .as_str()
                .unwrap()
                .contains("nothing else"),
            "{path}: {refused}"
        );
    }
}

/// `cargo lambda watch`, as a developer runs it beside the function's sources.
struct Watch {
    address: SocketAddr,
    _process: Child,
}

impl Watch {
    async fn start(cargo_lambda: &Path, extension_address: &str) -> Self {
        // Nothing says which port it took, so one is asked for here.
        let address = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let function = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap()
            .join("examples/playground");
        let process = Command::new(cargo_lambda)
            .args([
                "lambda",
                "watch",
                "--ignore-changes",
                "--invoke-address",
                "127.0.0.1",
                "--invoke-port",
            ])
            .arg(address.port().to_string())
            .args([
                "--env-var",
                &format!("XRAY_EXTENSION_ADDRESS={extension_address}"),
            ])
            .current_dir(function)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let listening = async { while TcpStream::connect(address).await.is_err() {} };
        timeout(Duration::from_secs(20), listening)
            .await
            .expect("cargo lambda watch listens");
        Self {
            address,
            _process: process,
        }
    }

    async fn invoke(&self, event: &Value) -> Value {
        post(
            self.address,
            "/2015-03-31/functions/playground/invocations",
            event,
        )
        .await
    }
}

#[tokio::test]
async fn cargo_lambda_watch_runs_the_function_beside_the_extension() {
    let Some(python) = python() else { return };
    let local = LocalXRay::start().await;
    let address = free_udp_address();
    let watch = Watch::start(&python.join("cargo-lambda"), &address).await;
    let api = format!("http://{}/.rt", watch.address);
    let lambda = |command: &mut Command| {
        command.env("AWS_LAMBDA_RUNTIME_API", api);
    };
    let _extension = Extension::start(address, local.url(), lambda).await;
    // Its emulator loses INVOKE events while the extension is busy: more than one trace has to come through.
    for number in 0..3 {
        let event = json!({"steps": [{"subsegment": "work", "annotations": {"number": number}}]});
        let answer = watch.invoke(&event).await;
        let segments = wait_for(
            &local,
            answer["trace_id"]
                .as_str()
                .unwrap_or_else(|| panic!("{answer}")),
        )
        .await;
        assert!(
            serde_json::to_string(&segments)
                .unwrap()
                .contains("\"work\""),
            "{segments:#?}"
        );
    }
}
