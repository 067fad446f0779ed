//! Where the two test programs are, and what is read from what they print.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lambda_sandbox::{Builder, Event, Invocation, Sandbox};
use serde_json::Value;

/// Long enough for any of it on a busy machine; a test that needs it all has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A test program. Cargo builds the examples of a package before it runs the package's tests.
pub(crate) fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples")
        .join(name);
    assert!(
        path.exists(),
        "{} is not built: run all tests of the package",
        path.display()
    );
    path
}

/// The function alone.
pub(crate) fn function() -> Builder {
    Sandbox::builder()
        .function(example("sandbox-function"))
        .timeout(PATIENCE)
}

/// The function with the extension.
pub(crate) fn both() -> Builder {
    function().extension(example("sandbox-extension"))
}

/// The function with an extension that is told how to behave.
pub(crate) fn both_with(setting: &str, value: &str) -> Builder {
    both().env(format!("EXTENSION_{setting}"), value)
}

/// A shell script that ignores SIGTERM and becomes the function, which goes on ignoring it.
pub(crate) fn deaf_function(directory: &Path) -> PathBuf {
    let path = directory.join("bootstrap");
    let function = example("sandbox-function");
    fs::write(
        &path,
        format!("#!/bin/sh\ntrap '' TERM\nexec {}\n", function.display()),
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

pub(crate) async fn invoke(sandbox: &Sandbox, event: Value) -> Invocation {
    sandbox.invoke(Event::json(&event)).await.unwrap()
}

/// The JSON after each line that begins with these words.
pub(crate) fn printed(sandbox: &Sandbox, words: &str) -> Vec<Value> {
    let lines = sandbox.logs();
    let rests = lines
        .iter()
        .filter_map(|line| line.text.strip_prefix(words)?.strip_prefix(' '));
    rests
        .map(|rest| serde_json::from_str(rest).unwrap())
        .collect()
}

/// Whether the process is there at all.
pub(crate) fn is_alive(pid: &Value) -> bool {
    state(pid).is_some_and(|state| state != 'Z')
}

/// The state of a process as `/proc` tells it: `S` sleeping, `T` stopped.
pub(crate) fn state(pid: &Value) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
