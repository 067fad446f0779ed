//! What was acknowledged is there after `kill -9`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::documents::{segment, trace_id, with};
use crate::service::{post, segments};

struct Process {
    child: Child,
    addr: SocketAddr,
}

impl Process {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_xray-local"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--daemon",
                "off",
                "--data",
            ])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let addr = line
            .trim_end()
            .strip_prefix("xray-local listening on http://")
            .unwrap();
        let addr = addr.parse().unwrap();
        Self { child, addr }
    }

    /// SIGKILL: nothing of the process runs after it.
    fn kill(self) {
        drop(self);
    }
}

impl Drop for Process {
    /// Also where a test fails: who is left behind holds the output of the tests open.
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

fn put(number: usize) -> String {
    let id = json!({ "trace_id": trace_id(number) });
    let document = with(
        segment("1000000000000001", "web", (0.0, 0.5), json!({})),
        id,
    );
    json!({ "TraceSegmentDocuments": [document.to_string()] }).to_string()
}

fn log(number: usize) -> String {
    let event =
        json!({ "Time": 1.0, "TraceId": trace_id(number), "Message": format!("line {number}") });
    json!({ "LogEvents": [event] }).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed_while_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let mut known = 0;
    for round in 0..3 {
        let process = Process::start(folder.path());
        let addr = process.addr;
        let (acknowledged, mut received) = tokio::sync::mpsc::channel(1000);
        let writer = tokio::spawn(async move {
            for number in known.. {
                let answer = post(addr, "/TraceSegments", put(number)).await;
                assert_eq!(answer.status, 200);
                let answer = post(addr, "/PutLogs", log(number)).await;
                assert_eq!(answer.status, 200);
                if acknowledged.send(number).await.is_err() {
                    return;
                }
            }
        });
        for _ in 0..50 + round * 20 {
            known = received.recv().await.unwrap() + 1;
        }
        process.kill();
        // The writer ends by the broken connection, or already has.
        drop(received);
        let _ = writer.await;
    }
    let process = Process::start(folder.path());
    for number in 0..known {
        let ids = json!({ "TraceIds": [trace_id(number)] });
        let answer = post(process.addr, "/Traces", ids.to_string()).await;
        assert_eq!(
            segments(&answer.json()).len(),
            1,
            "trace {number} of {known}"
        );
        let logs = post(process.addr, "/GetLogs", ids.to_string()).await.json();
        let message = &logs["LogEvents"][0]["Message"];
        assert_eq!(*message, format!("line {number}"));
    }
    process.kill();
}

#[tokio::test]
async fn the_terminal_commands_ask_a_running_service_and_a_signal_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder.path().join("traces.db"));
    assert_eq!(
        post(process.addr, "/TraceSegments", put(7)).await.status,
        200
    );
    for number in 100..300 {
        post(process.addr, "/TraceSegments", put(number)).await;
    }
    let url = format!("http://{}", process.addr);
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_xray-local"))
            .args(arguments)
            .env("AWS_ENDPOINT_URL_XRAY", &url)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (code, list, _) = run(&["traces", "--since", "9999d", "--limit", "500"]);
    assert_eq!(code, Some(0));
    assert!(list.contains(&trace_id(7)), "{list}");
    assert_eq!(
        list.lines().count(),
        202,
        "a title and three pages of traces"
    );
    let (_, list, _) = run(&["traces", "--since", "9999d", "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list[200]["Id"], trace_id(7));
    let (_, drawing, _) = run(&["trace", &trace_id(7)]);
    assert!(drawing.contains("✓ web"), "{drawing}");
    let (_, json, _) = run(&["trace", &trace_id(7), "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["Segments"][0]["Document"]["name"], "web");
    let (code, _, error) = run(&["trace", &trace_id(8)]);
    assert_eq!(code, Some(1));
    assert!(error.contains("no trace"), "{error}");
    let (code, _, error) = run(&["traces", "--endpoint", "https://example.com"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("http://HOST:PORT"), "{error}");

    let pid = process.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(process.child.wait().unwrap().success());
}
