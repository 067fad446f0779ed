//! `GET /live`, beyond AWS: an event whenever traces came or changed, so that who watches asks anew then and only then.
//!
//! Server-sent events that carry a number and no trace: what is asked anew goes the way of every other question, with its filter, its page and
//! its limits. Many changes close together are one event.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Service;
use super::error::ApiError;

/// Between two events. A person sees no more in less.
const PAUSE: Duration = Duration::from_millis(300);

/// One who watches.
struct Watcher {
    puts: watch::Receiver<u64>,
    end: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

pub(super) async fn live(
    State(service): State<Arc<Service>>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let place = Arc::clone(&service.watchers).try_acquire_owned();
    let watcher = Watcher {
        puts: service.store.puts(),
        end: service.end.subscribe(),
        _place: place.map_err(|_| ApiError::TooManyWatchers)?,
    };
    Ok(Sse::new(unfold(watcher, next)).keep_alive(KeepAlive::new()))
}

async fn next(mut watcher: Watcher) -> Option<(Result<Event, Infallible>, Watcher)> {
    let puts = tokio::select! {
        puts = changed(&mut watcher.puts) => puts?,
        // An end, or nobody left who could tell of one.
        _ = watcher.end.wait_for(|ended| *ended) => return None,
    };
    let event = Event::default().event("traces").data(puts.to_string());
    Some((Ok(event), watcher))
}

async fn changed(puts: &mut watch::Receiver<u64>) -> Option<u64> {
    puts.changed().await.ok()?;
    tokio::time::sleep(PAUSE).await;
    Some(*puts.borrow_and_update())
}
