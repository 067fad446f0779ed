//! The layer as it ships: a zip that Lambda unpacks to `/opt`, with the extension at `extensions/xray-extension`
//! and the script for functions in other languages at `xray-exec`.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::cargo;
use crate::process::{root, say};

const EXECUTABLE: u32 = 0o755;

/// Builds the extension and zips it.
pub(crate) fn run() -> Result<()> {
    let extension = cargo::layer_extension()?;
    let zip = root().join("target/layer/xray-layer.zip");
    pack(&extension, &zip)?;
    for file in [&extension, &zip] {
        say(&format!(
            "{}: {} bytes",
            file.display(),
            fs::metadata(file)?.len()
        ));
    }
    Ok(())
}

fn pack(extension: &Path, zip: &Path) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .unix_permissions(EXECUTABLE);
    let mut archive =
        ZipWriter::new(fs::File::create(zip).context("cannot write the layer's zip")?);
    archive.add_directory("extensions", options)?;
    archive.start_file("extensions/xray-extension", options)?;
    archive.write_all(&fs::read(extension)?)?;
    archive.start_file("xray-exec", options)?;
    archive.write_all(&fs::read(root().join("extension/xray-exec"))?)?;
    archive.finish()?;
    Ok(())
}
