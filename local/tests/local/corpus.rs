//! Replays the committed corpus through the bodies of the fuzz targets, on stable.

use std::fs;
use std::path::Path;

use xray_local::fuzzing;

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
fn filter_expressions() {
    replay("filter", fuzzing::filter);
}

#[test]
fn documents() {
    replay("documents", fuzzing::documents);
}
