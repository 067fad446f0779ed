//! `cargo xtask demo`: the main job, on one's own machine, with the real programs.
//!
//! A function handles events beside the extension in a simulated Lambda environment; the extension flushes at the end of each
//! invocation; the local X-Ray stores the traces; the terminal shows each as a timeline, and a URL shows them in a browser.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::{program, root, run as run_program, say};
use crate::{cargo, process};

/// When the demo ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// At Ctrl-C, so that the page can be looked at.
    AtInterrupt,
    /// As soon as the traces are shown.
    ByItself,
}

/// What the function is sent, in this order: the first one starts cold, the last one runs into the timeout.
const EVENTS: &[&str] = &["order", "parallel", "declined", "stuck"];

/// The function's timeout, in milliseconds.
const TIMEOUT: &str = "500";

/// Builds everything and shows it at work.
pub(crate) fn run(ending: Ending) -> Result<()> {
    say(
        "Building the extension as it ships, and the programs beside it (some minutes the first time) ...",
    );
    let extension = cargo::layer_extension()?;
    let programs = cargo::demo_programs()?;
    let mut local = LocalXRay::start(&programs)?;
    say(&format!(
        "\nA Lambda environment with the function and the extension; X-Ray is {}\n",
        local.url
    ));
    let traces = invoke(&programs, &extension, &local.url)?;
    for trace in &traces {
        show(&programs, trace, &local.url)?;
    }
    say(&format!("In a browser:       {}", local.url));
    for trace in &traces {
        say(&format!("                    {}/traces/{trace}", local.url));
    }
    if ending == Ending::AtInterrupt {
        say("\nThe local X-Ray runs on. Ctrl-C ends it.");
        local.process.wait()?;
    }
    Ok(())
}

/// The local X-Ray, on a free port, with a new store; ends with the demo.
struct LocalXRay {
    process: Child,
    url: String,
}

impl LocalXRay {
    fn start(programs: &Path) -> Result<Self> {
        let data = root().join("target/demo");
        if data.exists() {
            fs::remove_dir_all(&data).context("cannot clear the store of the last demo")?;
        }
        fs::create_dir_all(&data)?;
        let mut process = program(programs.join("xray-local"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--daemon",
                "off",
                "--data",
            ])
            .arg(&data)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start xray-local")?;
        let mut line = String::new();
        let printed = process.stdout.take().context("its output is piped")?;
        BufReader::new(printed).read_line(&mut line)?;
        let url = line
            .trim()
            .strip_prefix("xray-local listening on ")
            .with_context(|| format!("xray-local said {line:?} and no address"))?
            .to_owned();
        Ok(Self { process, url })
    }
}

impl Drop for LocalXRay {
    fn drop(&mut self) {
        // It may have ended by itself, at the same Ctrl-C.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Lets the function handle the events; the traces, in that order.
fn invoke(programs: &Path, extension: &Path, url: &str) -> Result<Vec<String>> {
    let mut sandbox = program(programs.join("lambda-sandbox"));
    sandbox
        .args(["--json", "--timeout-ms", TIMEOUT])
        .arg("--extension")
        .arg(extension)
        .arg("--function")
        .arg(programs.join("playground"));
    for (key, value) in [
        ("XRAY_EXTENSION_ADDRESS", free_address()?.as_str()),
        ("AWS_ENDPOINT_URL_XRAY", url),
        // What the function prints is shown beside its traces.
        ("XRAY_EXTENSION_LOGS", "on"),
    ] {
        sandbox.arg("--env").arg(format!("{key}={value}"));
    }
    for event in EVENTS {
        let file = root()
            .join("examples/playground/events")
            .join(format!("{event}.json"));
        sandbox.arg("--event").arg(format!("@{}", file.display()));
    }
    let traces = trace_ids(&mut sandbox)?;
    ensure!(
        traces.len() == EVENTS.len(),
        "{} invocations gave {} traces",
        EVENTS.len(),
        traces.len()
    );
    Ok(traces)
}

fn trace_ids(sandbox: &mut Command) -> Result<Vec<String>> {
    let printed = sandbox
        .output()
        .with_context(|| format!("cannot start {}", process::shown(sandbox)))?;
    let errors = String::from_utf8_lossy(&printed.stderr);
    // 1 says that an invocation failed, as two of them are made to.
    let worked = matches!(printed.status.code(), Some(0 | 1));
    ensure!(
        worked,
        "the sandbox ended with {}\n{errors}",
        printed.status
    );
    String::from_utf8_lossy(&printed.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| Some(Ok(line.get("trace_id")?.as_str()?.to_owned())))
        .collect()
}

/// A port for the extension: asked for here, because the function has to be told the same one.
fn free_address() -> Result<String> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    Ok(socket.local_addr()?.to_string())
}

fn show(programs: &Path, trace: &str, url: &str) -> Result<()> {
    let mut command = program(programs.join("xray-local"));
    run_program(command.args(["trace", trace, "--endpoint", url]))?;
    say("");
    Ok(())
}
