//! The commands of a working day: `cargo xtask demo`, `test`, `tidy`, `layer`, `bench`, `fuzz`.
//!
//! What is run in continuous integration is run here in the same way: `.ci/run` has no logic of its own.

mod bench;
mod cargo;
mod demo;
mod fuzz;
mod layer;
mod process;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  demo [--once]   a real function beside the real extension, its traces in the terminal and in a browser
                  (--once: end by itself after the traces are shown)
  test [STEP...]  everything that has to hold: formatting, lints, tests, real clients, templates
                  (with names: only these steps; `test --list` shows them)
  tidy            the invariants of the house: licences, dependencies, files
  layer           the layer as it ships: target/layer/xray-extension and its zip
  bench [PART...] [--peer PATH]
                  the budgets, measured (parts: wrapper, size, start, flush, throughput, memory, instructions);
                  with a peer, a program with the X-Ray daemon's command line goes through the same load
  fuzz TARGET|all SECONDS
                  looks for bytes that a reader does not survive (needs nightly and cargo-fuzz; `fuzz --list` shows the targets;
                  `fuzz keep` adds what was found to the corpus, as far as it reaches much new code)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            process::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["demo"] => demo::run(demo::Ending::AtInterrupt),
        ["demo", "--once"] => demo::run(demo::Ending::ByItself),
        ["test", steps @ ..] => test::run(steps),
        ["tidy"] => tidy::run(),
        ["layer"] => layer::run(),
        ["bench", parts @ ..] => bench::run(parts),
        ["fuzz", arguments @ ..] => fuzz::run(arguments),
        [] | ["help" | "--help" | "-h"] => {
            process::say(USAGE.trim_end());
            Ok(())
        }
        _ => bail!("no such command\n\n{USAGE}"),
    }
}
