//! `xray-local tail`, the process: who watches it sees each trace once, when it has ended.

use std::process::Stdio;
use std::time::SystemTime;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::documents::{in_progress, with};
use crate::service::Service;

struct Tail {
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Tail {
    fn start(service: &Service, more: &[&str]) -> Self {
        let endpoint = format!("http://{}", service.running.addr());
        let mut child = Command::new(env!("CARGO_BIN_EXE_xray-local"))
            .args(["tail", "--since", "1m", "--endpoint", &endpoint])
            .args(more)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        Self {
            lines: BufReader::new(stdout).lines(),
            _child: child,
        }
    }

    async fn line(&mut self) -> String {
        self.lines.next_line().await.unwrap().unwrap()
    }

    /// The name the next trace begins with.
    async fn entry(&mut self) -> String {
        let summary: Value = serde_json::from_str(&self.line().await).unwrap();
        summary["EntryPoint"]["Name"].as_str().unwrap().to_owned()
    }
}

/// A segment of a trace of its own that ended a moment ago.
fn recent(number: u32, name: &str, more: Value) -> Value {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let document = json!({
        "id": format!("{number:016x}"), "name": name,
        "trace_id": format!("1-{:08x}-{number:024x}", now.as_secs()),
        "start_time": now.as_secs_f64() - 0.2, "end_time": now.as_secs_f64(),
    });
    with(document, more)
}

#[tokio::test]
async fn each_trace_is_a_line_when_it_has_ended() {
    let service = Service::start().await;
    let mut tail = Tail::start(&service, &["--json"]);
    let slow = recent(1, "slow", json!({}));
    service.put(&[in_progress(slow.clone())]).await;
    service.put(&[recent(2, "quick", json!({}))]).await;
    assert_eq!(tail.entry().await, "quick");
    service.put(&[slow]).await;
    assert_eq!(tail.entry().await, "slow");
    service.put(&[recent(3, "last", json!({}))]).await;
    assert_eq!(tail.entry().await, "last", "and none of them again");
}

#[tokio::test]
async fn only_what_the_filter_holds_for_is_shown_and_a_person_sees_columns() {
    let service = Service::start().await;
    let mut tail = Tail::start(&service, &["--filter", "fault", "--color", "never"]);
    let title = tail.line().await;
    assert!(title.contains("STATUS"), "{title}");
    service.put(&[recent(1, "fine", json!({}))]).await;
    let broken = recent(2, "broken", json!({ "fault": true }));
    service.put(std::slice::from_ref(&broken)).await;
    let line = tail.line().await;
    let id = broken["trace_id"].as_str().unwrap();
    assert!(line.contains(id) && line.ends_with("broken"), "{line}");
    assert!(line.contains("fault"), "{line}");
}

#[tokio::test]
async fn a_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let said = Command::new(env!("CARGO_BIN_EXE_xray-local"))
            .args(["completions", shell])
            .output()
            .await
            .unwrap();
        let script = String::from_utf8(said.stdout).unwrap();
        assert!(script.contains("tail"), "{shell}: {script}");
    }
}
