//! Wires: settings, log, event loop; then an exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use lambda_xray_extension::log::{Level, Log};
use lambda_xray_extension::settings::Config;
use lambda_xray_extension::start::start;
use serde_json::Map;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let (config, wrong) = Config::read(|name| std::env::var(name).ok());
    let executable = PathBuf::from(std::env::args_os().next().unwrap_or_default());
    let log = Log::stderr(config.debug);
    // One thread: it shares a processor with the function.
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            log.say(Level::Error, &format!("no event loop: {error}"), Map::new());
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(start(&config, &wrong, &executable, log));
    // A name lookup that hangs must not hold the end.
    runtime.shutdown_background();
    code
}
