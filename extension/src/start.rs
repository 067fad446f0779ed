//! From settings to an agent at work: sockets first, then whoever has to know of them.

use std::path::Path;
use std::process::ExitCode;

use serde_json::Map;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::agent::{Agent, Ask, Environment, Presence};
use crate::daemon;
use crate::daemon::telemetry::{EVERY, Recording};
use crate::intake::Intake;
use crate::lambda::{RuntimeApi, Telemetry};
use crate::log::{Level, Log};
use crate::proxy::Proxy;
use crate::settings::{ADDRESS, Config};

/// Works until the environment ends, or outside Lambda until SIGTERM or SIGINT.
///
/// `executable` is the path this process was started with; `wrong` is what is to be said of the settings.
pub async fn start(config: &Config, wrong: &[String], executable: &Path, log: Log) -> ExitCode {
    let intake = bind(config, &log);
    if intake.is_none() && config.runtime_api.is_none() {
        return ExitCode::FAILURE;
    }
    let proxy = intake
        .as_ref()
        .and_then(|intake| proxy(intake, config, &log));
    if let Some(intake) = &intake {
        announce(intake, &log);
    }
    for text in wrong {
        log.say(Level::Error, text, Map::new());
    }
    let environment = match &config.runtime_api {
        Some(api) => lambda(api, config, executable, log.clone()),
        None => Environment::none(log.clone()),
    };
    let found = located(config, &log).await;
    let config = found.as_ref().unwrap_or(config);
    let _serving = proxy.map(|proxy| proxy.serve(config.clone(), log.clone()));
    let (asks, asked) = mpsc::channel(1);
    tokio::spawn(pass_on_signals(asks.clone()));
    let is_daemon = config.runtime_api.is_none();
    let recording = is_daemon.then(|| Recording::begin(config.clone(), log.clone(), asks, EVERY));
    let agent = Agent::new(config, log, intake, environment).asked_through(asked);
    // As a task of its own: waking what `block_on` waits for costs a system call each time.
    match tokio::spawn(agent.run(stopped())).await {
        Ok(report) => {
            if let Some(recording) = recording {
                recording.end(report).await;
            }
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::FAILURE,
    }
}

/// With the region that the host tells, where nobody said one. What is sent meanwhile waits in the socket.
async fn located(config: &Config, log: &Log) -> Option<Config> {
    let is_local = config
        .endpoint
        .as_deref()
        .is_some_and(|url| url.starts_with("http://"));
    if config.runtime_api.is_some() || config.region.is_some() || is_local {
        return None;
    }
    let region = daemon::region::find(config).await?;
    log.say(Level::Info, &format!("the region is {region}"), Map::new());
    Some(Config {
        region: Some(region),
        ..config.clone()
    })
}

fn bind(config: &Config, log: &Log) -> Option<Intake> {
    let address = config.address;
    match Intake::bind(address) {
        Ok(intake) => Some(intake),
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

/// Said once every socket is bound: whoever waits for this line may send.
fn announce(intake: &Intake, log: &Log) {
    if let Ok(address) = intake.local_addr() {
        let mut fields = Map::new();
        fields.insert("receive_buffer".to_owned(), intake.receive_buffer().into());
        log.say(
            Level::Info,
            &format!("receives documents at {address}"),
            fields,
        );
    }
}

/// Beside the documents' port, with its number if none else is said. Without it SDKs sample by rules of their own.
fn proxy(intake: &Intake, config: &Config, log: &Log) -> Option<Proxy> {
    let address = config
        .sampling_address
        .map_or_else(|| intake.local_addr(), Ok);
    let bound = address.and_then(Proxy::bind);
    match bound {
        Ok(proxy) => Some(proxy),
        Err(error) => {
            let text = format!("no sampling rules can be asked for on the TCP port: {error}");
            log.say(Level::Warn, &text, Map::new());
            None
        }
    }
}

fn lambda(api: &RuntimeApi, config: &Config, executable: &Path, log: Log) -> Environment {
    let name = executable.file_name().unwrap_or_default();
    let presence = Presence {
        name: name.to_string_lossy().into_owned(),
        managed: config.managed,
        logs: config.logs.is_some(),
    };
    // Without a listener the extension knows the end by marker, deadline and quiet.
    Environment::lambda(api.clone(), presence, Telemetry::bind().ok(), log)
}

/// Each SIGUSR1; one that comes while another waits is the same question.
async fn pass_on_signals(asks: mpsc::Sender<Ask>) {
    if let Ok(mut signal) = signal(SignalKind::user_defined1()) {
        while signal.recv().await.is_some() && asks.send(Ask::Say).await.is_ok() {}
    }
}

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
