//! Starting and stopping: the socket is bound before anything is announced, and its owner ends it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::api::{self, Guard, Service};
use crate::limits;
use crate::store::{Store, StoreError};

/// Where to listen and where to keep traces.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of API and page; port 0 takes a free one. Other than loopback only where the user asked for it: nobody
    /// has to prove an identity.
    pub listen: SocketAddr,
    /// A folder, made when missing, or a file that ends in `.db`.
    pub data: PathBuf,
    /// Names, besides IP addresses and `localhost`, under which clients may call.
    pub hosts: Vec<String>,
}

/// Why the local X-Ray did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken or not allowed.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The local X-Ray, as a library.
#[derive(Clone, Copy, Debug)]
pub struct Local;

impl Local {
    /// Opens the store, binds the address and serves until the result is closed or dropped.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let store = Store::open(&file(config.data)?)?;
        let service = Arc::new(Service::new(store));
        let router = api::router(service, Guard::new(config.hosts));
        Running::start(config.listen, router).await
    }
}

/// The running service; dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Binds the address and serves the routes.
    pub(crate) async fn start(address: SocketAddr, router: Router) -> Result<Self, StartError> {
        let refused = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let addr = listener.local_addr().map_err(refused)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            // Sent, or dropped with its owner: both mean stop.
            let _ = stopped.await;
        });
        Ok(Self {
            addr,
            stop: Some(stop),
            task: tokio::spawn(serve.into_future()),
        })
    }

    /// The address it listens on.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Accepts no more, answers what is open within [`limits::CLOSE_TIME`], and closes the store.
    pub async fn close(mut self) {
        self.stop = None;
        if timeout(limits::CLOSE_TIME, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// The store's file inside the folder, or the file itself where one is named.
fn file(data: PathBuf) -> Result<PathBuf, StoreError> {
    let is_file = data.extension().is_some_and(|it| it == "db");
    let (folder, file) = match data.parent() {
        Some(folder) if is_file => (folder.to_owned(), data),
        _ => (data.clone(), data.join("traces.db")),
    };
    if folder.as_os_str().is_empty() {
        return Ok(file);
    }
    match std::fs::create_dir_all(&folder) {
        Ok(()) => Ok(file),
        Err(source) => Err(StoreError::Folder {
            path: folder,
            source,
        }),
    }
}
