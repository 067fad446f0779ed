//! The builds: each artifact with the command its users build it with.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::{cargo, root, run};

/// The extension as it ships, built alone: in a build of the whole workspace the features of other crates would leak into it.
pub(crate) fn layer_extension() -> Result<PathBuf> {
    run(cargo().args([
        "build",
        "--package",
        "lambda-xray-extension",
        "--profile",
        "layer",
    ]))?;
    Ok(root().join("target/layer/xray-extension"))
}

/// The programs the demo runs beside the extension; their folder.
pub(crate) fn demo_programs() -> Result<PathBuf> {
    let packages = ["xray-local", "lambda-sandbox", "playground"];
    run(cargo()
        .args(["build", "--release"])
        .args(packages.iter().flat_map(|package| ["--package", package])))?;
    Ok(root().join("target/release"))
}

/// The programs the end-to-end tests run beside the extension.
pub(crate) fn test_programs() -> Result<()> {
    let packages = [
        "xray-local",
        "lambda-sandbox",
        "playground",
        "hello",
        "sqs-batch",
        "api-dynamodb",
        "axum-function",
        "axum-server",
        "aws-calls",
    ];
    run(cargo()
        .arg("build")
        .args(packages.iter().flat_map(|package| ["--package", package])))?;
    // As cargo-lambda builds a function for release: it aborts at a panic.
    run(cargo().args(["build", "--package", "playground", "--profile", "aborting"]))
}

/// The program that measures.
pub(crate) fn bench_program() -> Result<()> {
    run(cargo().args([
        "build",
        "--release",
        "--package",
        "end-to-end",
        "--bin",
        "bench",
    ]))
}
