//! The task that sums up service graphs ahead, beside the requests and in small steps.
//!
//! A minute is summed up once nothing of it has come for [`limits::SETTLE_TIME`]: most minutes once, and one that gets late
//! documents again afterwards.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::api::Service;
use crate::clock;
use crate::limits;
use crate::rollup::sum_up;
use crate::store::Store;

/// Sums up what settles until `stop` is closed.
pub(crate) async fn look_after(service: Arc<Service>, mut stop: watch::Receiver<()>) {
    let mut puts = service.store.puts();
    loop {
        let turn = async {
            if !settle(&service.store).await {
                tokio::select! {
                    Ok(()) = puts.changed() => {}
                    // What was forgotten has changed its minutes too.
                    () = sleep(limits::SWEEP_EVERY) => {}
                }
            }
        };
        tokio::select! {
            () = turn => {}
            _ = stop.changed() => return,
        }
    }
}

/// One step; says whether more may be to do. A store that cannot be read now says so to everybody who asks.
async fn settle(store: &Store) -> bool {
    let until = clock::now() - limits::SETTLE_TIME.as_secs_f64();
    if sum_up(store, until).await.unwrap_or(false) {
        return true;
    }
    let waits = store
        .read(|snapshot| snapshot.shelf().has_changed_minutes())
        .await;
    if waits.unwrap_or(true) {
        sleep(limits::SETTLE_TIME).await;
        return true;
    }
    false
}
