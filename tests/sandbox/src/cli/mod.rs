//! The command line: what was asked for, carrying it out, saying what came of it.

mod arguments;
mod report;

use std::io::{self, Write};
use std::process::ExitCode;

use lambda_sandbox::{Event, Invocation, Sandbox, Shutdown};
use tokio::signal::unix::{SignalKind, signal};

use arguments::{Arguments, Request};

/// Every invocation was a success and the environment ended cleanly.
const SUCCESS: u8 = 0;
/// An invocation was no success.
const INVOCATION_FAILED: u8 = 1;
/// The command line was not understood.
const USAGE: u8 = 2;
/// The environment did not come up, or the sandbox itself failed.
const START_FAILED: u8 = 3;
/// All invocations were a success, but an extension had to be killed or ended with an error.
const SHUTDOWN_FAILED: u8 = 4;
/// SIGINT or SIGTERM ended it.
const INTERRUPTED: u8 = 130;

/// Does what the arguments say.
pub(crate) async fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let arguments = match arguments::parse(arguments) {
        Ok(Request::Run(arguments)) => arguments,
        Ok(Request::Help) => {
            say(&mut io::stdout(), arguments::HELP);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            say(
                &mut io::stderr(),
                &format!("lambda-sandbox: {error}\n\n{}", arguments::HELP),
            );
            return USAGE.into();
        }
    };
    let code = tokio::select! {
        outcome = drive(*arguments) => outcome.unwrap_or_else(|error| {
            say(&mut io::stderr(), &format!("lambda-sandbox: {error}\n"));
            START_FAILED
        }),
        // Dropping the sandbox kills its processes.
        () = interrupted() => INTERRUPTED,
    };
    code.into()
}

async fn drive(arguments: Arguments) -> Result<u8, Box<dyn std::error::Error>> {
    let sandbox = arguments.builder.start().await?;
    let mut succeeded = true;
    for _ in 0..arguments.repeat {
        for event in &arguments.events {
            succeeded &= invoke(&sandbox, event.clone(), arguments.json).await?;
        }
    }
    let shutdown = sandbox.shutdown().await?;
    say(
        &mut io::stdout(),
        &report::shutdown(&shutdown, arguments.json),
    );
    Ok(code(succeeded, &shutdown))
}

async fn invoke(
    sandbox: &Sandbox,
    event: Event,
    json: bool,
) -> Result<bool, Box<dyn std::error::Error>> {
    let invocation: Invocation = sandbox.invoke(event).await?;
    say(&mut io::stdout(), &report::invocation(&invocation, json));
    Ok(invocation.is_success())
}

fn code(succeeded: bool, shutdown: &Shutdown) -> u8 {
    match succeeded {
        false => INVOCATION_FAILED,
        true if shutdown.extensions.iter().all(|exit| exit.is_clean()) => SUCCESS,
        true => SHUTDOWN_FAILED,
    }
}

async fn interrupted() {
    match (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without handlers the signals end this process, and their hang-up the others.
        _ => std::future::pending().await,
    }
}

/// Writes and forgets: a reader that has gone wants no more.
fn say(to: &mut impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
