//! `cargo xtask bench`: the budgets beside what this machine measures.

use anyhow::Result;

use crate::process::{cargo as cargo_program, program, root, run as run_program};
use crate::{cargo, layer};

/// Builds what ships, and measures it: all, or the parts named.
pub(crate) fn run(parts: &[&str]) -> Result<()> {
    let wants = |part: &str| parts.is_empty() || parts.contains(&part);
    if wants("wrapper") {
        let example = ["--package", "lambda-xray", "--example", "hot_path"];
        run_program(cargo_program().args(["run", "--release"]).args(example))?;
    }
    if wants("local") {
        run_program(cargo_program().args(["bench", "--package", "xray-local"]))?;
    }
    // Only by its name: OpenTelemetry takes minutes to compile.
    if parts.contains(&"beside") {
        let manifest = root().join("tests/beside/Cargo.toml");
        let target = root().join("target/beside");
        run_program(
            cargo_program()
                .args(["run", "--release", "--manifest-path"])
                .arg(manifest)
                .env("CARGO_TARGET_DIR", target),
        )?;
    }
    let apart = ["beside", "local", "wrapper"];
    if !parts.is_empty() && parts.iter().all(|part| apart.contains(part)) {
        return Ok(());
    }
    layer::run()?;
    cargo::demo_programs()?;
    cargo::bench_program()?;
    // Where `cargo xtask test` installed moto_server.
    let python = root().join("target/python/bin");
    let mut bench = program(root().join("target/release/bench"));
    if python.join("moto_server").exists() {
        bench.env("TEST_PYTHON_BIN", python);
    }
    run_program(bench.args(parts))
}
