//! Real clients of the local X-Ray, which cannot tell it from the service: they read and manage, and send to the daemon's place.

use std::process::Stdio;
use std::time::Duration;

use aws_sdk_xray::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_xray::error::ProvideErrorMetadata;
use aws_sdk_xray::primitives::DateTime;
use aws_sdk_xray::types::SamplingRule;
use end_to_end::{LocalXRay, node_modules, python};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::clients::{check_tree, printed, script, wait_for};

/// A Python script beside this local X-Ray.
fn run_python(local: &LocalXRay, name: &str) -> Option<Command> {
    let mut command = Command::new(python()?.join("python"));
    command.arg(script(name));
    surround(&mut command, local);
    Some(command)
}

fn run_node(local: &LocalXRay, name: &str) -> Option<Command> {
    let mut command = Command::new("node");
    command
        .arg(script(name))
        .env("NODE_PATH", node_modules()?)
        .env("NODE_NO_WARNINGS", "1");
    surround(&mut command, local);
    Some(command)
}

/// As a developer sets it up in a shell.
fn surround(command: &mut Command, local: &LocalXRay) {
    command
        .env("AWS_ENDPOINT_URL_XRAY", local.url())
        .env("AWS_DEFAULT_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "any")
        .env("AWS_SECRET_ACCESS_KEY", "any");
}

async fn json_of(mut command: Command) -> Value {
    serde_json::from_str(&printed(&mut command).await).unwrap()
}

#[tokio::test]
async fn boto3_calls_every_operation_and_each_answer_fits_the_model() {
    let local = LocalXRay::start().await;
    let Some(sweep) = run_python(&local, "operations.py") else {
        return;
    };
    assert_eq!(json_of(sweep).await, json!([]));
}

#[tokio::test]
async fn boto3s_paginators_read_every_list_to_its_end() {
    let local = LocalXRay::start().await;
    let Some(pages) = run_python(&local, "pages.py") else {
        return;
    };
    let expected = json!({
        "get_trace_summaries": [12, 1200],
        "get_service_graph": [3, 2400],
        "get_trace_graph": [3, 2400],
        "get_time_series_service_statistics": [2, 1200],
        "get_sampling_statistic_summaries": [2, 125],
        "batch_get_traces": [1, 100],
        "get_groups": [1, 25],
        "get_sampling_rules": [1, 26],
        "list_resource_policies": [1, 5],
        "list_tags_for_resource": [1, 50],
    });
    assert_eq!(json_of(pages).await, expected);
}

#[tokio::test]
async fn what_grafanas_data_source_takes_for_granted_holds() {
    let local = LocalXRay::start().await;
    let Some(grafana) = run_python(&local, "grafana.py") else {
        return;
    };
    assert_eq!(json_of(grafana).await, json!([]));
}

#[tokio::test]
async fn the_aws_cli_does_what_the_guide_shows() {
    let Some(python) = python() else { return };
    let local = LocalXRay::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command
        .arg(script("cli.sh"))
        .arg(python.join("aws"))
        .arg(folder.path().join("errors"));
    surround(&mut command, &local);
    let text = printed(&mut command).await;
    let said = |what: &str| {
        let mut lines = text.lines();
        lines
            .find_map(|line| line.strip_prefix(what)?.strip_prefix(' '))
            .unwrap_or_else(|| panic!("{what}: {text}"))
    };
    let first = said("trace");
    let second = format!("{}8", first.strip_suffix('7').unwrap());
    assert_eq!(said("put"), r#"{"UnprocessedTraceSegments":[]}"#);
    assert_eq!(said("summaries"), format!("{second}\t{first}"));
    assert_eq!(said("batch"), "6226467e3f845502");
    assert_eq!(said("graph"), "Scorekeep");
    assert_eq!(said("rest"), format!("[\"{first}\"]"), "after the first");
    assert_eq!(said("rule"), "base-scorekeep");
    let error = said("error");
    assert!(error.contains("InvalidRequestException"), "{error}");
    assert!(!text.contains("twice"), "{text}");
}

#[tokio::test]
async fn sam_lists_traces_and_follows_them() {
    let Some(python) = python() else { return };
    let local = LocalXRay::start().await;
    let sam = |arguments: &[&str]| {
        let mut command = Command::new(python.join("sam"));
        command
            .arg("traces")
            .args(arguments)
            .env("SAM_CLI_TELEMETRY", "0");
        surround(&mut command, &local);
        command
    };
    let first = put_now(&local, "1000000000000001").await;
    let listed = printed(&mut sam(&["--output", "json"])).await;
    assert!(listed.contains(&first), "{listed}");
    let one = printed(&mut sam(&["--trace-id", &first])).await;
    assert!(one.contains("shop") && one.contains(&first), "{one}");

    let mut tail = sam(&["--tail"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut shown = async |id: &str| {
        let seen = async {
            let mut before = 0;
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains(id) {
                    return before;
                }
                before += usize::from(line.contains(&first));
            }
            panic!("sam ended before it showed {id}");
        };
        timeout(Duration::from_secs(30), seen)
            .await
            .expect("sam shows it in time")
    };
    shown(&first).await;
    let second = put_now(&local, "1000000000000002").await;
    let again = shown(&second).await;
    assert_eq!(again, 0, "what it has shown it does not show again");
}

/// Puts a trace of this second and gives its id.
async fn put_now(local: &LocalXRay, id: &str) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let trace_id = format!("1-{now:08x}-00000000{id}");
    let document = json!({ "id": id, "name": "shop", "trace_id": trace_id, "start_time": now - 1, "end_time": now });
    let put = json!({ "TraceSegmentDocuments": [document.to_string()] });
    let answer = local.post("/TraceSegments", &put).await;
    assert_eq!(answer["UnprocessedTraceSegments"], json!([]));
    trace_id
}

#[tokio::test]
async fn the_sdk_for_javascript_writes_reads_and_knows_the_errors() {
    let local = LocalXRay::start().await;
    let Some(reads) = run_node(&local, "reads.js") else {
        return;
    };
    let expected = json!({
        "unprocessed": ["ParseError"], "pages": [100, 50], "name": "shop", "error": "InvalidRequestException", "status": 400,
    });
    assert_eq!(json_of(reads).await, expected);
}

#[tokio::test]
async fn the_sdk_for_rust_writes_reads_and_knows_the_errors() {
    let local = LocalXRay::start().await;
    let xray = rust_client(&local);
    let mut put = xray.put_trace_segments();
    for number in 0..150 {
        let document = json!({
            "id": "1000000000000001", "name": "shop", "trace_id": format!("1-6502e9a0-{number:024x}"),
            "start_time": 1_694_689_696, "end_time": 1_694_689_697,
        });
        put = put.trace_segment_documents(document.to_string());
    }
    let put = put.send().await.unwrap();
    assert_eq!(put.unprocessed_trace_segments(), []);
    let mut pages = xray
        .get_trace_summaries()
        .start_time(DateTime::from_secs(1_694_689_000))
        .end_time(DateTime::from_secs(1_694_690_000))
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.push(page.unwrap().trace_summaries().len());
    }
    assert_eq!(found, [100, 50]);

    let rule = SamplingRule::builder()
        .rule_name("checkout")
        .resource_arn("*")
        .priority(0)
        .fixed_rate(0.5)
        .reservoir_size(1)
        .service_name("*")
        .service_type("*")
        .host("*")
        .http_method("*")
        .url_path("*")
        .version(1)
        .build()
        .unwrap();
    let refused = xray.create_sampling_rule().sampling_rule(rule);
    let error = refused.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_request_exception(), "{error:?}");
    assert!(error.message().unwrap().contains("Priority"), "{error:?}");
}

fn rust_client(local: &LocalXRay) -> aws_sdk_xray::Client {
    let config = aws_sdk_xray::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("any", "any", None, None, "test"))
        .endpoint_url(local.url())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_xray::Client::from_conf(config)
}

#[tokio::test]
async fn x_ray_sdks_send_to_the_daemons_place_with_no_daemon_there() {
    let local = LocalXRay::start_as_daemon().await;
    let clients = [
        ("python", run_python(&local, "send.py")),
        ("node", run_node(&local, "send.js")),
    ];
    for (language, command) in clients {
        let Some(mut send) = command else { continue };
        send.env("AWS_XRAY_DAEMON_ADDRESS", local.daemon());
        let trace_id = printed(&mut send).await;
        check_tree(&wait_for(&local, &trace_id).await, language);
    }
}

#[tokio::test]
async fn x_ray_sdks_sample_by_the_rules_they_find_in_the_daemons_place() {
    let local = LocalXRay::start_as_daemon().await;
    let rule = json!({"SamplingRule": {
        "RuleName": "checkout", "ResourceARN": "*", "Priority": 7, "FixedRate": 0.0, "ReservoirSize": 6, "Version": 1,
        "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "POST", "URLPath": "/checkout",
    }});
    local.post("/CreateSamplingRule", &rule).await;
    let (host, port) = local.daemon().split_once(':').unwrap();
    if let Some(mut ask) = run_python(&local, "targets.py") {
        ask.args([host, port]);
        let sampled = json_of(ask).await;
        assert_eq!(sampled["rate"], 0.0);
        assert_eq!(sampled["quota"], 6, "all of the reservoir is one client's");
        assert!(sampled["lives"].as_f64().unwrap() > 60.0, "{sampled}");
    }
    if let Some(mut ask) = run_node(&local, "sampling.js") {
        ask.env("AWS_XRAY_DAEMON_ADDRESS", local.daemon());
        let sampled = json_of(ask).await;
        assert_eq!(sampled["rates"], json!({ "checkout": 0, "Default": 1 }));
        let quota = &sampled["targets"]["checkout"]["quota"];
        assert!((1..=6).contains(&quota.as_i64().unwrap()), "{sampled}");
    }
}

#[tokio::test]
async fn a_handler_with_powertools_is_a_trace_as_powertools_own_tests_read_it() {
    let local = LocalXRay::start_as_daemon().await;
    let Some(mut handler) = run_python(&local, "powertools.py") else {
        return;
    };
    handler.env("AWS_XRAY_DAEMON_ADDRESS", local.daemon());
    let trace = json_of(handler).await;
    assert_eq!(trace["names"], json!(["## handler", "## __main__.pay"]));
    let annotations = json!({ "ColdStart": true, "Service": "orders", "amount": 7 });
    assert_eq!(trace["annotations"], annotations);
    assert_eq!(trace["metadata"]["handler response"], json!({ "paid": 7 }));
    let origins = json!(["AWS::Lambda", "AWS::Lambda::Function"]);
    assert_eq!(trace["origins"], origins);
}
