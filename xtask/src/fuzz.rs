//! `cargo xtask fuzz`: looks for bytes from outside that a reader does not survive, beginning with the committed corpus.
//!
//! The bodies of the targets are in the crates (`src/fuzzing.rs`), where a stable test replays the corpus too. This needs a nightly
//! toolchain and cargo-fuzz. What it finds goes into the corpus only as far as it reaches code that nothing else reaches.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::process::{program, root, run as run_program, say};

/// A reader, and the crate it is in.
struct Target {
    name: &'static str,
    package: &'static str,
}

const fn target(package: &'static str, name: &'static str) -> Target {
    Target { name, package }
}

const TARGETS: &[Target] = &[
    target("segment", "datagram"),
    target("segment", "document"),
    target("segment", "header"),
    target("extension", "config_file"),
    target("extension", "event"),
    target("extension", "kept"),
    target("extension", "open"),
    target("extension", "redact"),
    target("extension", "settings"),
    target("extension", "telemetry"),
    target("local", "documents"),
    target("local", "filter"),
];

/// Longer inputs find nothing that shorter ones do not, and fill the repository.
const LONGEST: &str = "-max_len=4096";

/// By the clock on the wall, in seconds: an input takes microseconds, and on a busy machine a process waits for its turn.
const SLOWEST: &str = "-timeout=60";

/// Inputs that join the corpus at once: it is read by people, and replayed by each run of the tests.
const MOST_KEPT: usize = 16;

impl Target {
    /// Where its package is.
    fn package(&self) -> PathBuf {
        root().join(self.package)
    }

    /// What is committed.
    fn corpus(&self) -> PathBuf {
        self.package().join("tests/corpus").join(self.name)
    }

    /// What was found on this machine so far.
    fn found(&self) -> Result<PathBuf> {
        let found = root().join("target/fuzz-corpus").join(self.name);
        fs::create_dir_all(&found)?;
        Ok(found)
    }

    /// Looks for this many seconds.
    fn look(&self, seconds: &str) -> Result<()> {
        say(&format!("\n== {} for {seconds} s ==", self.name));
        let time = format!("-max_total_time={seconds}");
        self.cargo_fuzz(
            &[&self.found()?, &self.corpus()],
            &[&time, LONGEST, SLOWEST],
        )
    }

    /// Adds to the committed corpus the inputs that reach most of the code which it does not reach.
    fn keep(&self) -> Result<()> {
        let kept = root().join("target/fuzz-kept").join(self.name);
        if kept.exists() {
            fs::remove_dir_all(&kept)?;
        }
        fs::create_dir_all(&kept)?;
        // What is there already is put first, so that it counts as reached.
        for entry in fs::read_dir(self.corpus())? {
            let entry = entry?;
            fs::copy(entry.path(), kept.join(entry.file_name()))?;
        }
        let before = names(&kept)?;
        let options = ["-set_cover_merge=1", "-use_counters=0", LONGEST];
        self.cargo_fuzz(&[&kept, &self.found()?], &options)?;
        // They are written in their order: each reaches more than all that come after it.
        let mut new: Vec<_> = names(&kept)?.difference(&before).cloned().collect();
        new.sort_by_key(|name| {
            fs::metadata(kept.join(name))
                .and_then(|file| file.modified())
                .ok()
        });
        for name in new.iter().take(MOST_KEPT) {
            fs::copy(kept.join(name), self.corpus().join(name))?;
        }
        Ok(())
    }

    fn cargo_fuzz(&self, folders: &[&Path], options: &[&str]) -> Result<()> {
        let mut fuzz = program("cargo");
        // Rust's own checks find what these readers can do wrong; a sanitizer would look for what unsafe code does.
        fuzz.args([
            "+nightly",
            "fuzz",
            "run",
            "--sanitizer",
            "none",
            "--fuzz-dir",
        ])
        .arg(self.package().join("fuzz"))
        .arg(self.name)
        .args(folders)
        .arg("--")
        .args(options)
        .current_dir(self.package())
        .env("CARGO_TARGET_DIR", root().join("target/fuzz"));
        run_program(&mut fuzz).context(
            "something was found (it is said above), or cargo-fuzz (cargo install cargo-fuzz) or a nightly toolchain is missing",
        )
    }
}

/// All targets, or the one that is named, for so many seconds each; with `keep` what was found joins the corpus.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["--list"] => TARGETS.iter().for_each(|target| say(target.name)),
        ["keep"] => TARGETS.iter().try_for_each(Target::keep)?,
        ["keep", name] => named(name)?.keep()?,
        ["all", seconds] => all(seconds)?,
        [name, seconds] => named(name)?.look(seconds)?,
        _ => bail!(
            "cargo xtask fuzz TARGET|all SECONDS, cargo xtask fuzz keep, or cargo xtask fuzz --list"
        ),
    }
    Ok(())
}

/// What one finds does not keep the others from looking.
fn all(seconds: &str) -> Result<()> {
    let found: Vec<_> = TARGETS
        .iter()
        .filter(|target| target.look(seconds).is_err())
        .map(|target| target.name)
        .collect();
    ensure!(
        found.is_empty(),
        "something is wrong with {}: see above",
        found.join(", ")
    );
    Ok(())
}

fn names(folder: &Path) -> Result<BTreeSet<OsString>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}

fn named(name: &str) -> Result<&'static Target> {
    let target = TARGETS.iter().find(|target| target.name == name);
    target
        .with_context(|| format!("no target is called {name}; cargo xtask fuzz --list shows them"))
}
