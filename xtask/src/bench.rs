//! `cargo xtask bench`: the budgets beside what this machine measures.

use anyhow::Result;

use crate::process::{cargo as cargo_program, program, root, run as run_program};
use crate::{cargo, layer};

/// Builds what ships, and measures it.
pub(crate) fn run(parts: &[&str]) -> Result<()> {
    layer::run()?;
    cargo::demo_programs()?;
    cargo::bench_program()?;
    if parts.is_empty() || parts.contains(&"wrapper") {
        run_program(cargo_program().args([
            "run",
            "--release",
            "--package",
            "lambda-xray",
            "--example",
            "hot_path",
        ]))?;
    }
    run_program(program(root().join("target/release/bench")).args(parts))
}
