//! What the wrapper has to say to the people who run the function: a line of JSON to stderr, which Lambda logs.

use std::io::Write;

use serde_json::json;

/// Says one sentence. Where stderr is closed there is nobody to tell.
pub(crate) fn say(message: &str) {
    let line = json!({"level": "warn", "target": "lambda_xray", "message": message});
    let _ = writeln!(std::io::stderr(), "{line}");
}
