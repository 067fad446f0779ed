//! What a user downloads.

use std::fs;

use end_to_end::Program;

use crate::Row;

/// The extension as it ships, and the layer.
#[expect(clippy::cast_precision_loss, reason = "megabytes with two digits")]
pub(crate) fn measure() -> Vec<Row> {
    let extension = Program::Extension.path();
    let zip = extension.with_file_name("xray-layer.zip");
    let megabytes = |path| {
        fs::metadata(path)
            .map(|file| format!("{:.2} MB", file.len() as f64 / 1e6))
            .unwrap_or_default()
    };
    vec![
        Row::new("extension's binary", megabytes(&extension), "4 MB"),
        Row::new("layer, zipped", megabytes(&zip), "2 MB"),
    ]
}
