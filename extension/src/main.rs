//! Wires: settings, log, event loop; then an exit code.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use lambda_xray_extension::daemon::{self, Task};
use lambda_xray_extension::log::{Level, Log};
use lambda_xray_extension::start::start;
use serde_json::Map;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let executable = PathBuf::from(arguments.next().unwrap_or_default());
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let variable = |name: &str| std::env::var(name).ok();
    let (config, mut wrong) = match Task::find(arguments, variable, daemon::memory) {
        Task::Work(config, wrong) => (config, wrong),
        Task::Answer(text) => {
            // Whoever asked and does not listen loses nothing.
            let _ = io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
    };
    let log = daemon::log(&config).unwrap_or_else(|error| {
        wrong.push(format!(
            "the log file cannot be written ({error}): stderr is used"
        ));
        Log::stderr(false).at_least(config.level)
    });
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
