//! The binary: `serve` is this machine's X-Ray, everything else is a client of an X-Ray API, this one or another.

mod analytics;
mod arguments;
mod client;
mod connection;
pub mod draw;
mod generate;
mod map;
mod paint;
mod raise;
mod rules;
mod serve;
mod tail;
mod terminal;
mod trace;
mod traces;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use thiserror::Error;

use crate::StartError;
use arguments::{Arguments, Command};
use client::ClientError;
pub use paint::Palette;

/// Reads a variable of the environment.
pub type Lookup<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// Why a command could not do what was asked.
#[derive(Debug, Error)]
enum CliError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("cannot listen to signals: {0}; start xray-local in an ordinary process")]
    Signals(io::Error),
    #[error("no trace {0} at {1}; `xray-local traces` lists those that are there")]
    NoTrace(String, String),
    #[error("no trace at {0} yet; send one and look again")]
    NoTraces(String),
    #[error(
        "{0} did not answer with an analysis: {1}; look whether it is an xray-local of this version"
    )]
    NoAnalysis(String, serde_json::Error),
    #[error("cannot write: {0}; look at where the output goes")]
    Output(#[from] io::Error),
    #[error("--endpoint says where AWS's traces are; give --source aws too, or leave it out")]
    OwnEndpoint,
    #[error("neither XDG_DATA_HOME nor HOME says where data belongs; give --data PATH")]
    NoHome,
}

/// Does what the arguments say. The exit code is 0 when it was done, 1 when not, 2 when the arguments make no sense.
pub async fn run(arguments: impl IntoIterator<Item = OsString>, lookup: Lookup<'_>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let done = match arguments.command {
        None => serve::serve(arguments.serve, lookup).await,
        Some(Command::Serve(options)) => serve::serve(options, lookup).await,
        Some(Command::Analytics(options)) => analytics::analytics(&options, lookup).await,
        Some(Command::Generate(options)) => generate::generate(&options, lookup).await,
        Some(Command::Map(options)) => map::map(&options, lookup).await,
        Some(Command::Raise(options)) => raise::raise(&options, lookup).await,
        Some(Command::Rules(options)) => rules::rules(&options, lookup).await,
        Some(Command::Traces(options)) => traces::traces(&options, lookup).await,
        Some(Command::Trace(options)) => trace::trace(&options, lookup).await,
        Some(Command::Tail(options)) => tail::tail(&options, lookup)
            .await
            .map(|never| match never {}),
        Some(Command::Completions { shell }) => completions(shell),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // `xray-local traces | head` is no failure.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn completions(shell: Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "xray-local", &mut script);
    Ok(io::stdout().lock().write_all(&script)?)
}

/// Says what went wrong on stderr.
pub fn fail(error: &dyn Display) -> ExitCode {
    let _ = writeln!(io::stderr(), "xray-local: {error}");
    ExitCode::FAILURE
}
