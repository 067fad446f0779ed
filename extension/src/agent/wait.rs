//! Waiting for what may not be there: a future for each that never ends where there is nothing to wait for.

use std::time::Instant;

use tokio::sync::mpsc;

use crate::deliver::{Logs, Posted};
use crate::intake::Intake;

/// Until datagrams may wait.
pub(super) async fn readable(intake: Option<&mut Intake>) {
    let readable = match intake {
        Some(intake) => intake.readable().await.is_ok(),
        None => false,
    };
    if !readable {
        // There is no socket; an error is that of the event loop going away.
        std::future::pending::<()>().await;
    }
}

/// Until something comes through a channel.
pub(super) async fn received<T>(channel: Option<&mut mpsc::Receiver<T>>) -> T {
    let received = match channel {
        Some(channel) => channel.recv().await,
        None => None,
    };
    match received {
        Some(received) => received,
        None => std::future::pending().await,
    }
}

/// Until a call with the function's lines ended.
pub(super) async fn posted(logs: Option<&mut Logs>) -> Posted {
    match logs {
        Some(logs) => logs.posted().await,
        None => std::future::pending().await,
    }
}

/// Until this time.
pub(super) async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
