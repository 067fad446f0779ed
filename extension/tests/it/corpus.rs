//! Replays the committed corpus through the bodies of the fuzz targets, on stable.

use std::fs;
use std::path::Path;

use lambda_xray_extension::fuzzing;

#[track_caller]
fn replay(name: &str, target: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name);
    let entries: Vec<_> = fs::read_dir(corpus).unwrap().collect();
    assert!(!entries.is_empty(), "an empty corpus proves nothing");
    for entry in entries {
        target(&fs::read(entry.unwrap().path()).unwrap());
    }
}

#[test]
fn events() {
    replay("event", fuzzing::event);
}

#[test]
fn telemetry() {
    replay("telemetry", fuzzing::telemetry);
}

#[test]
fn settings() {
    replay("settings", fuzzing::settings);
}

#[test]
fn redactions() {
    replay("redact", fuzzing::redact);
}

#[test]
fn kept_traces() {
    replay("kept", fuzzing::kept);
}

#[test]
fn config_files() {
    replay("config_file", fuzzing::config_file);
}

#[test]
fn open_notices() {
    replay("open", fuzzing::open);
}
