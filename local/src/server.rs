//! Starting and stopping: sockets are bound before anything is announced, and their owner ends them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::api::{self, Guard, Service};
use crate::daemon::{Daemon, DaemonError};
use crate::limits::{self, Limits};
use crate::retention::{self, Keep};
use crate::settle;
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
    /// Where to stand in for the X-Ray daemon (documents over UDP, sampling rules over TCP); port 0 takes a free one.
    pub daemon: Option<SocketAddr>,
    /// How much of the past is kept.
    pub keep: Keep,
    /// Whether to refuse what AWS would refuse as too large, too much or too old.
    pub strict_limits: bool,
}

impl Config {
    /// Traces at `data`, the API on a free port of loopback, no daemon, generous limits.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: data.into(),
            hosts: Vec::new(),
            daemon: None,
            keep: Keep::default(),
            strict_limits: false,
        }
    }
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
    /// Opens the store, binds the addresses and serves until the result is closed or dropped. Where the daemon's address is
    /// taken, [`Running::daemon`] says so, and everything else is there.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let limits = if config.strict_limits {
            Limits::STRICT
        } else {
            Limits::GENEROUS
        };
        let store = Store::open(&file(config.data)?)?;
        let service = Arc::new(Service::new(store, limits));
        let guard = Guard::new(config.hosts);
        let router = api::router(Arc::clone(&service), Arc::clone(&guard));
        let mut running = Running::start(config.listen, router, {
            let service = Arc::clone(&service);
            move || service.end()
        })
        .await?;
        let stop = running.stop.subscribe();
        running.tasks.spawn(retention::look_after(
            Arc::clone(&service),
            config.keep,
            stop,
        ));
        let stop = running.stop.subscribe();
        running
            .tasks
            .spawn(settle::look_after(Arc::clone(&service), stop));
        if let Some(address) = config.daemon {
            let sampling = api::sampling_router(Arc::clone(&service), guard);
            let daemon = Daemon::bind(address).await;
            running.serve_daemon(daemon, service, sampling);
        }
        Ok(running)
    }
}

/// The running service; dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    daemon: Option<Result<SocketAddr, DaemonError>>,
    /// Every task ends when this is dropped.
    stop: watch::Sender<()>,
    tasks: JoinSet<()>,
}

impl Running {
    /// Binds the address and serves the routes; `at_end` ends what would otherwise be waited for.
    pub(crate) async fn start(
        address: SocketAddr,
        router: Router,
        at_end: impl FnOnce() + Send + 'static,
    ) -> Result<Self, StartError> {
        let refused = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let addr = listener.local_addr().map_err(refused)?;
        let (stop, mut stopped) = watch::channel(());
        let serve = axum::serve(listener, router).with_graceful_shutdown(async move {
            let _ = stopped.changed().await;
            at_end();
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(async {
            let _ = serve.await;
        });
        Ok(Self {
            addr,
            daemon: None,
            stop,
            tasks,
        })
    }

    fn serve_daemon(
        &mut self,
        bound: Result<Daemon, DaemonError>,
        service: Arc<Service>,
        sampling: Router,
    ) {
        self.daemon = Some(bound.map(|daemon| {
            let address = daemon.address();
            let stop = self.stop.subscribe();
            daemon.serve(service, sampling, &stop, &mut self.tasks);
            address
        }));
    }

    /// The address it listens on.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it stands in for the X-Ray daemon, or why it does not; `None` where nobody asked for that.
    pub const fn daemon(&self) -> Option<&Result<SocketAddr, DaemonError>> {
        self.daemon.as_ref()
    }

    /// Accepts no more, answers what is open and stores what has come within [`limits::CLOSE_TIME`], and closes the store.
    pub async fn close(self) {
        let Self {
            stop, mut tasks, ..
        } = self;
        drop(stop);
        let ended = async { while tasks.join_next().await.is_some() {} };
        if timeout(limits::CLOSE_TIME, ended).await.is_err() {
            tasks.shutdown().await;
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
