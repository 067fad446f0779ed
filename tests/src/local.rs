//! The local X-Ray as a process, on a port and a store of its own.

use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::{Program, post};

/// A running `xray-local`; it ends with the value.
#[derive(Debug)]
pub struct LocalXRay {
    url: String,
    /// Both lines that it says at the start.
    said: [String; 2],
    _process: Child,
    _store: TempDir,
}

impl LocalXRay {
    /// Starts it and waits until it listens. It takes documents by its API only.
    pub async fn start() -> Self {
        Self::start_with("off").await
    }

    /// Starts it in the place of the X-Ray daemon as well.
    pub async fn start_as_daemon() -> Self {
        Self::start_with("127.0.0.1:0").await
    }

    async fn start_with(daemon: &str) -> Self {
        let store = tempfile::tempdir().unwrap();
        let mut process = Command::new(Program::Local.path())
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--daemon",
                daemon,
                "--data",
            ])
            .arg(store.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = [String::new(), String::new()];
        let expected = if daemon == "off" { 1 } else { 2 };
        for line in &mut said[..expected] {
            let next = lines.next_line().await.unwrap();
            *line = next.expect("xray-local says where it listens");
        }
        let url = said[0]
            .strip_prefix("xray-local listening on ")
            .unwrap()
            .to_owned();
        Self {
            url,
            said,
            _process: process,
            _store: store,
        }
    }

    /// For `AWS_XRAY_DAEMON_ADDRESS`, where it was started as one.
    pub fn daemon(&self) -> &str {
        let line = &self.said[1];
        line.strip_prefix("documents over UDP, sampling rules over TCP: ")
            .unwrap()
    }

    /// For `AWS_ENDPOINT_URL_XRAY`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The documents of a trace as `BatchGetTraces` answers them; empty when it is not there.
    pub async fn segments(&self, trace_id: &str) -> Vec<Value> {
        let answer = self
            .post("/Traces", &serde_json::json!({ "TraceIds": [trace_id] }))
            .await;
        let segments = answer["Traces"][0]["Segments"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        segments
            .iter()
            .map(|segment| serde_json::from_str(segment["Document"].as_str().unwrap()).unwrap())
            .collect()
    }

    /// One API call.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let address = self.url.strip_prefix("http://").unwrap();
        post(address.parse().unwrap(), path, body).await
    }

    /// A subcommand of `xray-local` that reads from this one; what it printed.
    pub async fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new(Program::Local.path())
            .args(arguments)
            .args(["--endpoint", &self.url])
            .output()
            .await
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}
