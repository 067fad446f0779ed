//! How long the reader of the page waits, in a real browser.

use std::path::Path;

use end_to_end::{LocalXRay, chromium, node_modules};
use serde_json::Value;
use tokio::process::Command;

use crate::Row;

/// Nothing where Chromium or the packages of the page's tests (which `cargo xtask test` installs) are missing.
pub(crate) async fn measure() -> Vec<Row> {
    let (Some(modules), Some(browser)) = (node_modules(), chromium()) else {
        return vec![Row::new(
            "page",
            "not measured: no Chromium, or no TEST_NODE_MODULES",
            "",
        )];
    };
    let local = LocalXRay::start().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("console/measure.js");
    let done = Command::new("node")
        .arg(script)
        .arg(local.url())
        .env("NODE_PATH", modules)
        .env("CHROMIUM", browser)
        .output()
        .await
        .unwrap();
    let wrong = String::from_utf8_lossy(&done.stderr);
    let found: Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{wrong}"));
    let kilobytes = found["kilobytes"].as_f64().unwrap_or_default();
    vec![
        Row::new(
            "page: all of it, gzipped",
            format!("{kilobytes:.1} kB"),
            "120 kB",
        ),
        waited(
            "page: the first list of 1,000 traces",
            &found["list"],
            "200 ms",
        ),
        waited("page: a map of 200 services", &found["map"], ""),
        waited("page: a trace of 5,000 subsegments", &found["trace"], ""),
    ]
}

fn waited(what: &str, times: &Value, budget: &'static str) -> Row {
    let [median, least, most] =
        ["median", "least", "most"].map(|name| times[name].as_f64().unwrap_or_default());
    let measured = format!("{median:.0} ms ({least:.0} to {most:.0})");
    Row::new(what, measured, budget)
}
