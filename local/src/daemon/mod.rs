//! The X-Ray daemon's place: documents over UDP, sampling rules over TCP of the same number, as every X-Ray SDK expects them.
//!
//! What comes goes into the store, not through the API: there is nobody to answer.

mod documents;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use lambda_xray_extension::intake::Intake;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::api::Service;

/// Why nobody can send to the daemon's port. The API is there all the same.
#[derive(Debug, Error)]
#[error(
    "no documents are taken at {address}: {source}; end the X-Ray daemon or xray-extension that is there, or give --daemon \
     another address, or off"
)]
pub struct DaemonError {
    address: SocketAddr,
    source: io::Error,
}

/// Both sockets, bound.
#[derive(Debug)]
pub(crate) struct Daemon {
    address: SocketAddr,
    listener: TcpListener,
    intake: Intake,
}

impl Daemon {
    /// Binds both; port 0 takes one that is free for TCP.
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, DaemonError> {
        let refused = |source| DaemonError { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self {
            address,
            listener,
            intake: Intake::bind(address).map_err(refused)?,
        })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is closed. `sampling` are the routes of the TCP port.
    pub(crate) fn serve(
        self,
        service: Arc<Service>,
        sampling: Router,
        stop: &watch::Receiver<()>,
        tasks: &mut JoinSet<()>,
    ) {
        tasks.spawn(documents::take(self.intake, service, stop.clone()));
        let mut stopped = stop.clone();
        let serve = axum::serve(self.listener, sampling).with_graceful_shutdown(async move {
            let _ = stopped.changed().await;
        });
        tasks.spawn(async {
            let _ = serve.await;
        });
    }
}
