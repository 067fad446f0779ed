//! Wires: settings, sockets, the agent; then an exit code.

use std::path::Path;
use std::process::ExitCode;

use lambda_xray_extension::agent::{Agent, Environment, Presence};
use lambda_xray_extension::intake::Intake;
use lambda_xray_extension::lambda::Telemetry;
use lambda_xray_extension::log::{Level, Log};
use lambda_xray_extension::settings::{ADDRESS, Config};
use serde_json::Map;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let (config, wrong) = Config::read(|name| std::env::var(name).ok());
    let log = Log::stderr(config.debug);
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            log.say(Level::Error, &format!("no event loop: {error}"), Map::new());
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(&config, &wrong, &log));
    // A name lookup that hangs must not hold the end.
    runtime.shutdown_background();
    code
}

async fn run(config: &Config, wrong: &[String], log: &Log) -> ExitCode {
    let intake = bind(config, log);
    if intake.is_none() && config.runtime_api.is_none() {
        return ExitCode::FAILURE;
    }
    let telemetry = config
        .runtime_api
        .as_ref()
        .and_then(|_| Telemetry::bind().ok());
    for text in wrong {
        log.say(Level::Error, text, Map::new());
    }
    let environment = match &config.runtime_api {
        Some(api) => Environment::lambda(api.clone(), presence(config), telemetry, log.clone()),
        None => Environment::none(log.clone()),
    };
    Agent::new(config, log.clone(), intake, environment)
        .run(stopped())
        .await;
    ExitCode::SUCCESS
}

fn bind(config: &Config, log: &Log) -> Option<Intake> {
    let address = config.address;
    let bound = Intake::bind(address).and_then(|intake| Ok((intake.local_addr()?, intake)));
    match bound {
        Ok((address, intake)) => {
            let mut fields = Map::new();
            fields.insert("receive_buffer".to_owned(), intake.receive_buffer().into());
            log.say(
                Level::Info,
                &format!("receives documents at {address}"),
                fields,
            );
            Some(intake)
        }
        Err(error) => {
            let text = format!(
                "no documents can be received at {address} ({error}): set {} to a free address",
                ADDRESS.name
            );
            log.say(Level::Error, &text, Map::new());
            None
        }
    }
}

fn presence(config: &Config) -> Presence {
    let executable = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&executable).file_name().unwrap_or_default();
    Presence {
        name: name.to_string_lossy().into_owned(),
        managed: config.managed,
    }
}

/// Until SIGTERM or SIGINT.
async fn stopped() {
    let signals = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
