//! How many tests ran, and how many failed, over every runner.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process::{say, shown};

/// Passed and failed so far; prints as the closing line.
#[derive(Debug, Default)]
pub(super) struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    /// Counts a check that holds or does not.
    pub(super) fn check(&mut self, result: Result<()>) -> Result<()> {
        if result.is_ok() {
            self.passed += 1;
        }
        result
    }

    /// Counts a failure.
    pub(super) fn fail(&mut self) {
        self.failed += 1;
    }

    /// How many failed so far.
    pub(super) fn failed(&self) -> u64 {
        self.failed
    }

    /// Whether nothing failed, and something ran.
    pub(super) fn all_passed(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// Runs `cargo test` to its end, shows what it prints and adds what its result lines say.
    pub(super) fn tests(&mut self, command: &mut Command) -> Result<()> {
        // After a failure the other test binaries are of interest too.
        let mut child = command
            .arg("--no-fail-fast")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", shown(command)))?;
        let output = child.stdout.take().context("the output is piped")?;
        let before = self.passed;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some((passed, failed)) = result_line(&line) {
                self.passed += passed;
                self.failed += failed;
            }
            if shows(&line) {
                say(&line);
            }
        }
        let status = child.wait()?;
        ensure!(status.success(), "{} ended with {status}", shown(command));
        ensure!(self.passed > before, "{} ran no test", shown(command));
        Ok(())
    }
}

/// A thousand lines of `... ok` hide the one that is not.
fn shows(line: &str) -> bool {
    let quiet = line.is_empty() || line.ends_with("... ok") || line.starts_with("running ");
    !quiet && !line.starts_with("test result: ok. 0 passed")
}

/// The numbers of `test result: ok. 3 passed; 0 failed; …`.
fn result_line(line: &str) -> Option<(u64, u64)> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| {
        numbers
            .split(';')
            .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
    };
    Some((number("passed")?, number("failed")?))
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_read() {
        let line = "test result: FAILED. 24 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s";
        assert_eq!(result_line(line), Some((24, 1)));
        assert_eq!(result_line("test time::tests::prints ... ok"), None);
    }
}
