//! The page in a real browser, over traces of a real function beside the real extension.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use end_to_end::{LocalXRay, Program, Setup, chromium, node_modules};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

/// A start of the browser and some thirty pages, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// The browser and the packages that drive it; `None` where there are none and none are needed.
fn driven() -> Option<(PathBuf, PathBuf)> {
    let browser = chromium();
    if browser.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "no Chromium, and under CI nothing is skipped"
        );
        eprintln!("skipped: there is no Chromium; install it to try the page");
    }
    Some((node_modules()?, browser?))
}

/// Runs a script against the page; what it said.
async fn try_page(script: &str, local: &LocalXRay, more: &[&str]) -> Option<String> {
    let (modules, browser) = driven()?;
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&pictures).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let running = Command::new("node")
        .arg(script)
        .arg(local.url())
        .args(more)
        .arg(&pictures)
        .env("NODE_PATH", modules)
        .env("CHROMIUM", browser)
        .env("XRAY_LOCAL", Program::Local.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output();
    let done = timeout(PATIENCE, running).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\n{wrong}");
    Some(said)
}

fn event(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/playground/events")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Invokes the function until the list has something to scroll; the id of a trace that failed.
async fn traces(local: &LocalXRay) -> String {
    let mut environment = Setup::default().endpoint(local.url()).start().await;
    for _ in 0..6 {
        environment.invoke(event("order.json")).await;
        environment.invoke(event("parallel.json")).await;
    }
    let failed = environment.invoke(event("declined.json")).await;
    let id = failed.trace_id().unwrap().to_owned();
    environment.shutdown().await;
    // The page asks as everyone does: it is there when the API answers with it.
    let input = json!({ "TraceIds": [id] });
    assert_eq!(local.post("/Traces", &input).await["Traces"][0]["Id"], id);
    id
}

#[tokio::test]
async fn every_page_does_what_is_pressed_on_it_and_can_be_used_by_everyone() {
    let local = LocalXRay::start().await;
    let failed = traces(&local).await;
    if let Some(said) = try_page("console/browser.js", &local, &[&failed]).await {
        assert!(said.contains("ok comesLive"), "{said}");
    }
}

#[tokio::test]
async fn a_thousand_traces_are_read_filtered_and_compared() {
    let local = LocalXRay::start().await;
    let made = local.command(&["generate"]).await;
    assert!(made.starts_with("1000 traces"), "{made}");
    if let Some(said) = try_page("console/load.js", &local, &[]).await {
        assert!(said.contains("ok comesLive"), "{said}");
    }
}
