//! The binary: its lines and its exit codes.

use std::process::{Command, Output};

use serde_json::Value;

use crate::fixtures::example;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lambda-sandbox"))
        .arg("--function")
        .arg(example("sandbox-function"))
        .args(arguments)
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn events_in_order_then_the_shutdown_as_json() {
    let extension = example("sandbox-extension");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"from":"file"}"#).unwrap();
    let at_file = format!("@{}", file.path().display());
    let output = run(&[
        "--extension",
        extension.to_str().unwrap(),
        "--json",
        "--repeat",
        "2",
        "--event",
        r#"{"n":1}"#,
        "--event",
        &at_file,
        "--env",
        "MINE=1=2",
    ]);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0]["response"]["event"]["n"], 1);
    assert_eq!(lines[3]["response"]["event"]["from"], "file");
    assert_eq!(lines[0]["response"]["variables"]["MINE"], "1=2");
    assert_eq!(lines[0]["trace_id"].as_str().unwrap().len(), 35);
    assert!(
        lines[0]["timings"]["extension_exec_to_next_ms"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    assert!(lines[1]["timings"]["response_to_extension_next_ms"].is_number());
    assert_eq!(lines[4]["shutdown"]["extensions"][0]["exited"], 0);
}

#[test]
fn people_get_a_line_each() {
    let output = run(&[
        "--trace-header",
        "Root=1-2-3",
        "--event",
        r#"{"fail":"no stock"}"#,
    ]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text.lines().count(), 2);
    assert!(
        text.contains(" 1-2-3 error in ") && text.contains("no stock"),
        "{text}"
    );
}

#[test]
fn the_exit_code_tells_what_went_wrong() {
    let extension = example("sandbox-extension");
    let extension = ["--extension", extension.to_str().unwrap()];
    let code = |arguments: &[&str]| run(arguments).status.code();
    assert_eq!(code(&["--event", r#"{"exit":1}"#]), Some(1));
    assert_eq!(code(&["--fast"]), Some(2));
    assert_eq!(code(&["--env", "FUNCTION_INIT=exit"]), Some(3));
    assert_eq!(
        code(&[&extension[..], &["--env", "EXTENSION_ON_SHUTDOWN=exit"]].concat()),
        Some(4)
    );
    assert_eq!(code(&["--help"]), Some(0));
}
