//! Where the two test programs are, and what is read from what they print.

use std::path::PathBuf;
use std::time::Duration;

use lambda_sandbox::{Builder, Event, Invocation, Sandbox};
use serde_json::Value;

/// Long enough for any of it on a busy machine; a test that needs it all has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A test program. Cargo builds the examples of a package before it runs the package's tests.
pub fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(path.exists(), "{} is not built: run all tests of the package", path.display());
    path
}

/// The function alone.
pub fn function() -> Builder {
    Sandbox::builder().function(example("sandbox-function")).timeout(PATIENCE)
}

/// The function with the extension.
pub fn both() -> Builder {
    function().extension(example("sandbox-extension"))
}

pub async fn invoke(sandbox: &Sandbox, event: Value) -> Invocation {
    sandbox.invoke(Event::json(&event)).await.unwrap()
}

/// The JSON after each line that begins with this word.
pub fn printed(sandbox: &Sandbox, word: &str) -> Vec<Value> {
    let lines = sandbox.logs();
    let rests = lines.iter().filter_map(|line| line.text.strip_prefix(word)?.strip_prefix(' '));
    rests.map(|rest| serde_json::from_str(rest).unwrap()).collect()
}
