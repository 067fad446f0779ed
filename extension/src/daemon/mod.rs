//! Outside Lambda this program takes the X-Ray daemon's place, so it is told what to do as the daemon is: by the same flags and the same `cfg.yaml`.
//!
//! Flags go before the file and the file before the environment. What cannot be done here is said in one sentence, and the rest holds: the
//! daemon ends at such things, and a host loses its traces for a word.

mod file;
mod flags;
mod log_file;
mod options;
pub mod region;
pub mod telemetry;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::log::Log;
use crate::settings::Config;
use log_file::LogWriter;
use options::{Key, Options};

/// What the process is to do.
#[derive(Debug)]
pub enum Task {
    /// Work by this configuration; the sentences are to be said first.
    Work(Box<Config>, Vec<String>),
    /// Only answer with this text, and end well.
    Answer(String),
}

/// Where the daemon looks for its file when no flag names one.
const FILES: [&str; 2] = ["/etc/amazon/xray/cfg.yaml", "cfg.yaml"];

impl Task {
    /// Finds out from the arguments after the program's name and from the environment; `memory` finds the machine's, in bytes.
    pub fn find(
        arguments: impl IntoIterator<Item = String>,
        lookup: impl Fn(&str) -> Option<String>,
        memory: fn() -> Option<u64>,
    ) -> Self {
        let is_daemon = lookup("AWS_LAMBDA_RUNTIME_API").is_none();
        let memory = if is_daemon { memory() } else { None };
        let (mut config, mut wrong) = Config::read_on(lookup, memory);
        if config.runtime_api.is_some() {
            return Self::Work(Box::new(config), wrong);
        }
        let line = flags::read(arguments);
        match line.question {
            Some(Key::Version) => return Self::Answer(version()),
            Some(_) => return Self::Answer(flags::help()),
            None => {}
        }
        wrong.extend(line.wrong);
        let file = options_of_file(line.options.config_file.as_deref(), &mut wrong);
        line.options.over(file).apply(&mut config);
        Self::Work(Box::new(config), wrong)
    }
}

/// What is said of a configuration file with this text: a sentence for each thing in it that is left out.
#[doc(hidden)]
pub fn what_is_wrong_with(path: &str, text: &str) -> Vec<String> {
    file::read(path, text).1
}

fn version() -> String {
    format!("xray-extension {}\n", env!("CARGO_PKG_VERSION"))
}

fn options_of_file(named: Option<&Path>, wrong: &mut Vec<String>) -> Options {
    let found = FILES.iter().map(PathBuf::from).find(|path| path.is_file());
    let Some(path) = named.map(Path::to_owned).or(found) else {
        return Options::default();
    };
    match fs::read_to_string(&path) {
        Ok(text) => {
            let (options, mistakes) = file::read(&path.display().to_string(), &text);
            wrong.extend(mistakes);
            options
        }
        Err(error) => {
            let path = path.display();
            wrong.push(format!("{path} cannot be read ({error}): it is left out"));
            Options::default()
        }
    }
}

/// The log that the configuration asks for: to a file, or else to stderr.
pub fn log(config: &Config) -> Result<Log, io::Error> {
    let log = match &config.log_file {
        Some(file) => Log::to(Box::new(LogWriter::open(&file.path, file.rotates)?), false),
        None => Log::stderr(false),
    };
    Ok(log.at_least(config.level))
}

/// The machine's memory in bytes, where the system tells.
pub fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let total = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
