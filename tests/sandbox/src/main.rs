//! `lambda-sandbox`: a function and its extensions in a simulated execution environment, from the command line.

mod cli;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    cli::run(std::env::args().skip(1)).await
}
