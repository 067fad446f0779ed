//! The invariants of the house, as a check.
//!
//! What the architecture says is absent (`docs/architecture.md`) is looked for here, in what cargo resolves and in what git
//! tracks, so that an arrow that turns back or a licence that does not fit is seen before it is merged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{cargo, output, program, root, say};

/// What may be linked into what ships.
const LICENCES: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
];

/// Our packages, and which of ours each may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("xray-segment", &[]),
    ("lambda-xray", &["xray-segment"]),
    ("lambda-xray-extension", &["xray-segment"]),
    ("xray-local", &["xray-segment", "lambda-xray-extension"]),
    ("lambda-sandbox", &[]),
];

/// What must not be found beneath a package as its users get it.
const ABSENT: &[(&str, &[&str])] = &[
    ("xray-segment", &["tokio", "hyper", "aws-", "rusqlite"]),
    ("lambda-xray", &["aws-", "rusqlite", "axum"]),
    ("lambda-xray-extension", &["rusqlite", "axum", "clap"]),
    ("xray-local", &["aws-sdk-xray"]),
];

/// Runs every check and names everything that is wrong.
pub(crate) fn run() -> Result<()> {
    let metadata = metadata()?;
    let wrong: Vec<String> = [
        licences(&metadata)?,
        arrows(&metadata)?,
        absent()?,
        sources()?,
        intake_only()?,
    ]
    .concat();
    if wrong.is_empty() {
        say("tidy: licences, arrows, absences and sources are as they should be");
        return Ok(());
    }
    bail!("not tidy:\n  {}", wrong.join("\n  "))
}

fn metadata() -> Result<Value> {
    let text = output(cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    serde_json::from_str(&text).context("cargo metadata is not JSON")
}

fn list<'v>(value: &'v Value, key: &str) -> Result<&'v Vec<Value>> {
    value
        .get(key)
        .and_then(Value::as_array)
        .with_context(|| format!("cargo metadata has no {key}"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn licences(metadata: &Value) -> Result<Vec<String>> {
    Ok(list(metadata, "packages")?
        .iter()
        .filter(|package| !licence_fits(text(package, "license")))
        .map(|package| {
            format!(
                "{} is licensed {:?}",
                text(package, "name"),
                text(package, "license")
            )
        })
        .collect())
}

/// Whether an SPDX expression can be met with our licences alone; the older `A/B` means `A OR B`.
fn licence_fits(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ");
    !expression.trim().is_empty()
        && expression
            .split(" AND ")
            .all(|all| all.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

fn arrows(metadata: &Value) -> Result<Vec<String>> {
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let ours: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let mut wrong = Vec::new();
    for package in list(metadata, "packages")? {
        let name = text(package, "name");
        let Some(allowed) = allowed.get(name) else {
            continue;
        };
        for dependency in list(package, "dependencies")? {
            let used = text(dependency, "name");
            let shipped = text(dependency, "kind") != "dev";
            if shipped && ours.contains(used) && !allowed.contains(&used) {
                wrong.push(format!(
                    "{name} must not use {used}: the arrows of the house point one way"
                ));
            }
        }
    }
    Ok(wrong)
}

fn absent() -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for (package, absent) in ABSENT {
        let tree = output(cargo().args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "none",
        ]))?;
        let names: BTreeSet<&str> = tree
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        for name in names {
            if absent.iter().any(|prefix| name.starts_with(prefix)) {
                wrong.push(format!("{package} must not link {name}"));
            }
        }
    }
    Ok(wrong)
}

fn sources() -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for file in output(program("git").args(["ls-files", "*.rs"]))?.lines() {
        // A file that git still tracks may be gone from the work tree.
        let Ok(text) = fs::read_to_string(root().join(file)) else {
            continue;
        };
        let opens = text.starts_with("//!") || text.starts_with("#!");
        if !opens {
            wrong.push(format!("{file} does not say with //! what it is for"));
        }
    }
    Ok(wrong)
}

fn intake_only() -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for file in output(program("git").args(["ls-files", "local/*.rs"]))?.lines() {
        let Ok(text) = fs::read_to_string(root().join(file)) else {
            continue;
        };
        let other = text
            .split("lambda_xray_extension::")
            .skip(1)
            .any(|rest| !rest.starts_with("intake"));
        if other {
            wrong.push(format!("{file} uses more of the extension than its intake"));
        }
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_fits_when_one_of_each_choice_does() {
        assert!(licence_fits("MIT OR Apache-2.0"));
        assert!(licence_fits("MIT/Apache-2.0"));
        assert!(licence_fits("(MIT OR GPL-3.0) AND Unicode-3.0"));
        assert!(!licence_fits("GPL-3.0"));
        assert!(!licence_fits("MIT AND GPL-3.0"));
        assert!(!licence_fits(""));
    }
}
