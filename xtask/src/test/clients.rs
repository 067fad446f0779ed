//! Real clients for the end-to-end tests: a Python environment and node modules under `target/`, versions pinned.
//!
//! Where `CI=true` nothing may be missing; elsewhere a missing python3 or node is said, and its tests say that they are skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{present, program, root, run, say};

const PYTHON_PACKAGES: &str = include_str!("../../../tests/clients/requirements.txt");
const NODE_PACKAGES: &str = include_str!("../../../tests/clients/package.json");

/// Where the clients are, as the tests are told.
pub(super) struct Clients {
    python: Option<PathBuf>,
    node: Option<PathBuf>,
}

impl Clients {
    /// Tells the tests by their environment.
    pub(super) fn tell(&self, tests: &mut Command) {
        if let Some(python) = &self.python {
            tests.env("TEST_PYTHON_BIN", python);
        }
        if let Some(node) = &self.node {
            tests.env("TEST_NODE_MODULES", node);
        }
    }
}

/// Installs whatever is not there yet.
pub(super) fn prepare() -> Result<Clients> {
    Ok(Clients {
        python: python()?,
        node: node()?,
    })
}

/// The `bin` folder of the Python environment.
pub(super) fn python() -> Result<Option<PathBuf>> {
    let home = root().join("target/python");
    let bin = home.join("bin");
    if !available("python3")? {
        return Ok(None);
    }
    once(&home, PYTHON_PACKAGES, || {
        run(program("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&home))?;
        let requirements = root().join("tests/clients/requirements.txt");
        run(program(bin.join("pip"))
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(requirements))
    })?;
    Ok(Some(bin))
}

/// The `node_modules` folder.
fn node() -> Result<Option<PathBuf>> {
    let home = root().join("target/node");
    if !available("node")? || !available("npm")? {
        return Ok(None);
    }
    once(&home, NODE_PACKAGES, || {
        fs::create_dir_all(&home)?;
        fs::write(home.join("package.json"), NODE_PACKAGES)?;
        run(program("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&home))
    })?;
    Ok(Some(home.join("node_modules")))
}

/// Whether there is such a program; under CI there must be.
pub(super) fn available(name: &str) -> Result<bool> {
    if present(name) {
        return Ok(true);
    }
    if std::env::var_os("CI").is_some() {
        bail!("{name} is missing, and under CI no test may be skipped: install it");
    }
    say(&format!(
        "{name} is missing: the tests with its clients are skipped"
    ));
    Ok(false)
}

/// Installs into `home` unless it holds just these packages already.
fn once(home: &Path, packages: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = home.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == packages) {
        return Ok(());
    }
    install()
        .with_context(|| format!("cannot install the test clients into {}", home.display()))?;
    fs::write(stamp, packages)?;
    Ok(())
}
