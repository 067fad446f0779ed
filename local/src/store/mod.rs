//! Where documents are kept: `SQLite` in one file, one writer, readers that never wait for it.
//!
//! The write-ahead log lets readers see the last committed state while the writer goes on. With
//! `synchronous=NORMAL` a commit is in the operating system's hands when it is acknowledged: it survives `kill -9` of this
//! process at any moment. A power failure may lose the last commits (never the file); for a tool on a developer's
//! machine that is a better bargain than a disk flush for each batch, which costs most of the throughput.
//!
//! This module is the only one that knows SQL.

mod body;
mod counts;
mod logs;
mod marks;
mod migrate;
mod minutes;
mod read;
mod retention;
mod shelf;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use thiserror::Error;
use tokio::sync::{Mutex, Semaphore, watch};
use xray_segment::{EntityId, TraceId};

use crate::limits;
use crate::mark::Mark;

pub(crate) use body::Body;
pub(crate) use counts::Counted;
pub(crate) use logs::{Logged, Numbered};
pub(crate) use minutes::{ChangedMinute, Stretch};
pub(crate) use read::{Axis, Cursor, Listed, Scan, Snapshot};
pub(crate) use retention::Cutoff;
pub(crate) use shelf::{Kept, Shelf};
use write::Writer;

/// Why documents could not be kept or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder of the store could not be made.
    #[error("cannot create {path}: {source}; give --data a place you may write to")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A newer version has written this file.
    #[error(
        "{path} was written by a newer xray-local (schema {found}); use that version, or another --data"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema version found in it.
        found: i64,
    },
    /// `SQLite` refused.
    #[error("the store answered: {0}; look at the space on the disk and the rights of --data")]
    Sqlite(#[from] rusqlite::Error),
    /// The writer has ended.
    #[error("the store is closed; start xray-local again")]
    Closed,
}

/// A document that passed the checks of `PutTraceSegments`.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) trace: TraceId,
    pub(crate) id: EntityId,
    pub(crate) in_progress: bool,
    /// Epoch seconds.
    pub(crate) start: f64,
    /// Epoch seconds; the start where the document has no end yet.
    pub(crate) end: f64,
    /// The text as it came.
    pub(crate) body: Body,
    /// What it may be found by.
    pub(crate) marks: Vec<Mark>,
}

/// The open store. Closing is dropping it.
#[derive(Debug)]
pub(crate) struct Store {
    writer: Writer,
    readers: Readers,
    /// How often something was put.
    puts: watch::Sender<u64>,
}

impl Store {
    /// Opens or creates the file, and brings an older one up to date.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connect(path)?;
        migrate::migrate(&mut connection, path)?;
        let readers = Readers::open(path)?;
        Ok(Self {
            writer: Writer::start(connection),
            readers,
            puts: watch::Sender::new(0),
        })
    }

    /// Keeps documents that came at `now`; when this returns they are durable.
    pub(crate) async fn put(&self, documents: Vec<Accepted>, now: f64) -> Result<(), StoreError> {
        self.writer.put(documents, now).await?;
        self.puts.send_modify(|puts| *puts = puts.wrapping_add(1));
        Ok(())
    }

    /// Changes whenever documents were put.
    pub(crate) fn puts(&self) -> watch::Receiver<u64> {
        self.puts.subscribe()
    }

    /// Changes resources, alone and on the newest state: durable when this returns, undone when `change` fails.
    pub(crate) async fn change<T, E, F>(&self, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Shelf<'_>) -> Result<T, E> + Send + 'static,
    {
        self.writer.change(change).await
    }

    /// Runs `look` on one consistent state of the store, on a thread that may block.
    pub(crate) async fn read<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Snapshot<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.run(look).await
    }
}

/// A fixed set of connections that only read.
#[derive(Debug)]
struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Semaphore,
}

impl Readers {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let idle = (0..limits::READERS)
            .map(|_| {
                let connection = connect(path)?;
                connection.pragma_update(None, "query_only", true)?;
                Ok(connection)
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Self {
            free: Semaphore::new(idle.len()),
            idle: Arc::new(Mutex::new(idle)),
        })
    }

    async fn run<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Snapshot<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let _turn = self.free.acquire().await.map_err(|_| StoreError::Closed)?;
        let idle = Arc::clone(&self.idle);
        tokio::task::spawn_blocking(move || {
            let mut connection = idle.blocking_lock().pop().ok_or(StoreError::Closed)?;
            let result = Snapshot::take(&mut connection).and_then(|snapshot| look(&snapshot));
            idle.blocking_lock().push(connection);
            result
        })
        .await
        .unwrap_or(Err(StoreError::Closed))
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    // Pages that change again and again go from the log to the file once in 16 MB, not once in 4.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}
