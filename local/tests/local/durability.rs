//! What was acknowledged is there after `kill -9`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::documents::{START, segment, trace_id, with};
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

/// Rows of a table, as another process sees them.
fn rows(folder: &Path, table: &str) -> i64 {
    let store = Connection::open(folder.join("traces.db")).unwrap();
    let sql = format!("SELECT count(*) FROM {table}");
    store.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// Nothing waits to be summed up.
async fn settled(folder: &Path) {
    let settled = async {
        while rows(folder, "changed_minute") > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let within = tokio::time::timeout(Duration::from_mins(1), settled);
    within.await.unwrap();
}

async fn put_in_minute(addr: SocketAddr, number: usize, minute: usize) {
    let start = START + 60.0 * f64::from(u32::try_from(minute).unwrap());
    let fields =
        json!({ "trace_id": trace_id(number), "start_time": start, "end_time": start + 0.5 });
    let document = with(
        segment("1000000000000001", "web", (0.0, 0.5), json!({})),
        fields,
    );
    let put = json!({ "TraceSegmentDocuments": [document.to_string()] });
    let answer = post(addr, "/TraceSegments", put.to_string()).await;
    assert_eq!(answer.status, 200);
}

/// How many requests the graph of everything tells of.
async fn requests(addr: SocketAddr) -> u64 {
    let range = json!({ "StartTime": START - 60.0, "EndTime": START + 36_000.0 });
    let graph = post(addr, "/ServiceGraph", range.to_string()).await.json();
    let services = graph["Services"].as_array().unwrap();
    let web = services.iter().find(|it| it["Type"] != "client").unwrap();
    web["SummaryStatistics"]["TotalCount"].as_u64().unwrap()
}

#[tokio::test]
async fn a_graph_that_was_summed_up_ahead_knows_what_came_just_before_the_process_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut known = 0;
    for _ in 0..2 {
        let process = Process::start(folder.path());
        for minute in 0..15 {
            put_in_minute(process.addr, known, minute).await;
            known += 1;
        }
        settled(folder.path()).await;
        assert!(rows(folder.path(), "graph") > 15, "minutes and longer ones");
        for minute in [3, 20] {
            put_in_minute(process.addr, known, minute).await;
            known += 1;
        }
        process.kill();
        let process = Process::start(folder.path());
        let expected = u64::try_from(known).unwrap();
        assert_eq!(requests(process.addr).await, expected);
        settled(folder.path()).await;
        assert_eq!(requests(process.addr).await, expected);
        process.kill();
    }
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
