//! The real binary, started as the X-Ray daemon is: by its flags and its file.

use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;
use xray_segment::datagram::Datagram;

use crate::fake_xray::FakeXRay;
use crate::running::document;

const BINARY: &str = env!("CARGO_BIN_EXE_xray-extension");

/// The binary at work; killed when this is dropped.
struct Daemon {
    child: Child,
    lines: BufReader<ChildStderr>,
    said: Vec<Value>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Without the environment of whoever runs the tests.
fn command(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", folder)
        .current_dir(folder);
    command
}

impl Daemon {
    fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        Self {
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// Reads lines until one has these words; its message.
    fn hears(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.lines.read_line(&mut line).unwrap(),
                0,
                "{:?}",
                self.said
            );
            let line: Value = serde_json::from_str(&line).unwrap();
            self.said.push(line.clone());
            let message = line["message"].as_str().unwrap();
            if message.contains(words) {
                return message.to_owned();
            }
        }
    }

    /// Where it receives.
    fn address(&mut self) -> String {
        let message = self.hears("receives documents at");
        message.rsplit(' ').next().unwrap().to_owned()
    }

    /// Ends it as systemd does; the last line's report.
    async fn stop(mut self) -> Value {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        tokio::task::spawn_blocking(move || {
            let mut rest = String::new();
            self.lines.read_to_string(&mut rest).unwrap();
            assert!(self.child.wait().unwrap().success());
            serde_json::from_str(rest.lines().last().unwrap()).unwrap()
        })
        .await
        .unwrap()
    }
}

fn send(address: &str, name: &str) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let bytes = Datagram::Document(&document(name)).to_bytes();
    socket.send_to(&bytes, address).unwrap();
}

#[tokio::test]
async fn a_file_and_flags_say_where_and_whose_documents_go_and_sigterm_drains() {
    let folder = tempfile::tempdir().unwrap();
    let xray = FakeXRay::start().await;
    let file = format!(
        "Endpoint: \"http://{}\"\nRegion: eu-west-1\nSocket:\n  UDPAddress: \"127.0.0.1:1\"\nTurbo: true\nVersion: 2\n",
        xray.address.unwrap()
    );
    std::fs::write(folder.path().join("cfg.yaml"), file).unwrap();
    let mut command = command(folder.path());
    command.env("AWS_REGION", "us-east-1").args([
        "-b",
        "127.0.0.1:0",
        "--bind-tcp=127.0.0.1:0",
        "-o",
        "-m",
        "3",
    ]);
    let mut daemon = Daemon::start(command);
    let address = daemon.address();
    daemon.hears("cfg.yaml line 5 is left out: the X-Ray daemon has no Turbo");
    send(&address, "one");
    xray.stored(1).await;
    // The file goes before the environment.
    assert!(xray.authorizations()[0].contains("/eu-west-1/xray/"));
    send(&address, "two");
    let report = daemon.stop().await;
    assert_eq!(xray.names(), ["one", "two"]);
    let told = &xray.telemetry()[0]["TelemetryRecords"][0];
    assert_eq!(
        (&told["SegmentsReceivedCount"], &told["SegmentsSentCount"]),
        (&2.into(), &2.into())
    );
    assert_eq!((&report["sent"], &report["unsent"]), (&2.into(), &0.into()));
}

#[tokio::test]
async fn in_lambda_the_command_line_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path());
    command
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
        .env("XRAY_EXTENSION_ADDRESS", "127.0.0.1:0")
        .args(["--version", "--nonsense"]);
    let mut daemon = Daemon::start(command);
    daemon.address();
    daemon.hears("no");
    assert!(
        !daemon
            .said
            .iter()
            .any(|line| line.to_string().contains("nonsense"))
    );
}

#[test]
fn version_and_help_are_answered_on_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let answer = |flag: &str| {
        let output = command(folder.path()).arg(flag).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(
        answer("-v"),
        concat!("xray-extension ", env!("CARGO_PKG_VERSION"), "\n")
    );
    assert!(answer("--help").contains("-b, --bind"));
}

#[tokio::test]
async fn a_log_file_takes_the_lines_of_its_level() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    let mut command = command(folder.path());
    command.args([
        "-b",
        "127.0.0.1:0",
        "-t",
        "127.0.0.1:0",
        "-n",
        "eu-west-1",
        "-l",
        "error",
        "-f",
    ]);
    command.arg(&path).arg("--strange");
    let mut daemon = Daemon::start(command);
    let said = || std::fs::read_to_string(&path).unwrap_or_default();
    let is_said = async {
        while !said().contains("--strange is no flag") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), is_said)
        .await
        .unwrap();
    assert!(!said().contains("INFO"), "{}", said());
    daemon.child.kill().unwrap();
    let mut rest = String::new();
    daemon.lines.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}
