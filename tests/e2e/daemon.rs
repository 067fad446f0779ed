//! The extension in the X-Ray daemon's place: the daemon's flags and file, the official SDK for Python, and roles by another's STS.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use end_to_end::{LocalXRay, Moto, Program, free_udp_address, python};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::clients::{check_tree, printed, script, wait_for};

/// Starts it in a folder and waits until it receives.
async fn start(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut daemon = Command::new(Program::Extension.path())
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "any")
        .env("AWS_SECRET_ACCESS_KEY", "any")
        .envs(variables.iter().copied())
        .args(arguments)
        .current_dir(folder)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap_or_default();
    assert!(line.contains("receives documents at"), "{line}");
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    daemon
}

#[tokio::test]
async fn the_python_sdk_takes_it_for_the_daemon() {
    let Some(python) = python() else { return };
    let (folder, local) = (tempfile::tempdir().unwrap(), LocalXRay::start().await);
    let (udp, tcp) = (free_udp_address(), free_udp_address());
    let file = format!(
        "# As on an instance.\nRegion: \"eu-west-1\"\nEndpoint: \"{}\"\nSocket:\n  UDPAddress: \"127.0.0.1:1\"\n  TCPAddress: \"{tcp}\"\nVersion: 2\n",
        local.url()
    );
    std::fs::write(folder.path().join("xray.yaml"), file).unwrap();
    let arguments = [
        "-o",
        "-m",
        "100",
        "--bind",
        &udp,
        "-c",
        "xray.yaml",
        "-l",
        "info",
    ];
    let mut daemon = start(folder.path(), &arguments, &[]).await;
    let mut send = Command::new(python.join("python"));
    send.arg(script("send.py"))
        .env("AWS_XRAY_DAEMON_ADDRESS", format!("tcp:{tcp} udp:{udp}"));
    let trace_id = printed(&mut send).await;
    check_tree(&wait_for(&local, &trace_id).await, "python");
    let (host, port) = tcp.split_once(':').unwrap();
    let mut ask = Command::new(python.join("python"));
    ask.arg(script("sampling.py")).args([host, port]);
    let rules: Value = serde_json::from_str(&printed(&mut ask).await).unwrap();
    assert_eq!(rules, json!({"Default": 1.0}));
    // What was received before the end is sent before the end.
    let last = printed(&mut send).await;
    let pid = daemon.id().unwrap().to_string();
    printed(Command::new("kill").args(["-TERM", &pid])).await;
    let ended = timeout(Duration::from_secs(20), daemon.wait()).await;
    assert!(ended.unwrap().unwrap().success());
    check_tree(&local.segments(&last).await, "python");
}

#[tokio::test]
async fn a_role_is_assumed_by_an_sts_that_is_not_ours() {
    let Some(python) = python() else { return };
    let (folder, local) = (tempfile::tempdir().unwrap(), LocalXRay::start().await);
    let (sts, address) = (Moto::start(&python).await, free_udp_address());
    sts.record().await;
    let arguments = [
        "-b",
        &address,
        "-n",
        "eu-west-1",
        "-r",
        "arn:aws:iam::123456789012:role/x-ray",
    ];
    let (endpoint, url) = (local.url().to_owned(), sts.url());
    let variables = [
        ("AWS_ENDPOINT_URL_XRAY", endpoint.as_str()),
        ("AWS_ENDPOINT_URL_STS", &url),
    ];
    let _daemon = start(folder.path(), &arguments, &variables).await;
    let mut send = Command::new(python.join("python"));
    send.arg(script("send.py"))
        .env("AWS_XRAY_DAEMON_ADDRESS", &address);
    let trace_id = printed(&mut send).await;
    check_tree(&wait_for(&local, &trace_id).await, "python");
    let asked = Value::from(sts.requests()).to_string();
    assert!(asked.contains("/eu-west-1/sts/aws4_request"), "{asked}");
}
