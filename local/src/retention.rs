//! How long traces are kept: for a time, and as long as there is room.
//!
//! A task beside the requests looks after it, in small steps between which documents are stored. The store may be larger than
//! [`Keep::bytes`] for as long as that takes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::api::Service;
use crate::clock;
use crate::limits;
use crate::store::{Cutoff, Shelf, Snapshot, StoreError};

/// How much of the past is kept; what came first goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// How long after its last document a trace goes, and after it came a log event.
    pub age: Duration,
    /// Bytes that traces and logs together may take.
    pub bytes: u64,
}

impl Default for Keep {
    /// As long as X-Ray, 30 days, and 2 GB: a million traces of a few segments.
    fn default() -> Self {
        Self {
            age: Duration::from_hours(30 * 24),
            bytes: 2_000_000_000,
        }
    }
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Excess {
    /// Everything until then.
    Old(Cutoff),
    /// The oldest, whatever its age.
    Large,
}

/// Looks whether something has to go: what takes more than `bytes`, or is too old at `now`.
fn excess(
    keep: Keep,
    store: &Shelf<'_>,
    bytes: u64,
    now: f64,
) -> Result<Option<Excess>, StoreError> {
    if store.bytes()? > bytes {
        return Ok(Some(Excess::Large));
    }
    let cutoff = Cutoff(now - keep.age.as_secs_f64());
    let oldest = store.oldest()?;
    Ok(oldest
        .filter(|it| *it <= cutoff)
        .map(|_| Excess::Old(cutoff)))
}

/// Looks after the store until `stop` is closed.
pub(crate) async fn look_after(service: Arc<Service>, keep: Keep, mut stop: watch::Receiver<()>) {
    let mut puts = service.store.puts();
    loop {
        let turn = async {
            // A store that cannot be read now says so to everybody who asks; the next turn tries again.
            let _ = sweep(&service, keep).await;
            tokio::select! {
                () = sleep(limits::SWEEP_EVERY) => {}
                Ok(()) = puts.changed() => sleep(limits::SWEEP_PAUSE).await,
            }
        };
        tokio::select! {
            () = turn => {}
            _ = stop.changed() => return,
        }
    }
}

/// Takes away what is too much, step by step.
async fn sweep(service: &Service, keep: Keep) -> Result<(), StoreError> {
    let mut bytes = keep.bytes;
    loop {
        let now = clock::now();
        let look = move |store: &Snapshot<'_>| excess(keep, &store.shelf(), bytes, now);
        let Some(excess) = service.store.read(look).await? else {
            return Ok(());
        };
        let until = match excess {
            Excess::Old(cutoff) => cutoff,
            Excess::Large => {
                // A tenth more goes, so that the next document is not again too much.
                bytes = keep.bytes - keep.bytes / 10;
                Cutoff(f64::MAX)
            }
        };
        let forget = move |shelf: &Shelf<'_>| shelf.forget(until, limits::TRACES_PER_SWEEP);
        if !service.store.change(forget).await? {
            return Ok(());
        }
    }
}
