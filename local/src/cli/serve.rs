//! `xray-local serve`: runs until SIGINT or SIGTERM.

use std::io::{self, Write};
use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::arguments::{Serve, Source};
#[cfg(feature = "aws")]
use super::client::ClientError;
use super::{CliError, Lookup};
#[cfg(feature = "aws")]
use crate::aws::{Aws, mirror};
use crate::{Config, Keep, Local, Running};

pub(super) async fn serve(options: Serve, lookup: Lookup<'_>) -> Result<(), CliError> {
    // Before anyone is told that we are here: who reads the line may send the signal at once.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::Signals)?;
    let running = start(options, lookup).await?;
    announce(&running)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    running.close().await;
    Ok(())
}

async fn start(options: Serve, lookup: Lookup<'_>) -> Result<Running, CliError> {
    match options.source {
        #[cfg(feature = "aws")]
        Source::Aws => {
            let aws = Aws::find(options.endpoint)
                .await
                .map_err(ClientError::Aws)?;
            Ok(mirror(options.listen, options.host, aws).await?)
        }
        Source::Local if options.endpoint.is_some() => Err(CliError::OwnEndpoint),
        Source::Local => {
            let data = match options.data {
                Some(data) => data,
                None => data_folder(lookup)?,
            };
            let config = Config {
                listen: options.listen,
                hosts: options.host,
                daemon: options.daemon.0,
                keep: Keep {
                    age: options.keep,
                    bytes: options.keep_bytes,
                },
                strict_limits: options.strict_limits,
                ..Config::new(data)
            };
            Ok(Local::start(config).await?)
        }
    }
}

/// Lines that people read; scripts wait for the first. All at once, because they may read no further.
fn announce(running: &Running) -> Result<(), CliError> {
    let url = format!("http://{}", running.addr());
    let lines = match running.daemon() {
        Some(Ok(daemon)) => format!(
            "xray-local listening on {url}\ndocuments over UDP, sampling rules over TCP: {daemon}\n"
        ),
        _ => format!("xray-local listening on {url}\n"),
    };
    if let Some(Err(error)) = running.daemon() {
        super::fail(error);
    }
    let mut out = io::stdout().lock();
    out.write_all(lines.as_bytes())?;
    Ok(out.flush()?)
}

/// The user's data folder by the XDG Base Directory Specification.
fn data_folder(lookup: Lookup<'_>) -> Result<PathBuf, CliError> {
    let set = |name| lookup(name).filter(|it| !it.is_empty());
    let base = set("XDG_DATA_HOME").map(PathBuf::from);
    let base = base.or_else(|| Some(PathBuf::from(set("HOME")?).join(".local/share")));
    Ok(base.ok_or(CliError::NoHome)?.join("xray-local"))
}
