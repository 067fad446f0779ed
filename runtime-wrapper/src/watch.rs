//! Tells the extension of what stays open, so that a function that is killed or times out still shows what it was doing.
//!
//! A thread of its own, because a handler may block its thread or spin; an executor's timer would not fire then. It looks
//! every few milliseconds while an invocation runs and sleeps for good between two: waking it for each subsegment
//! would cost more than the subsegment, and most close before anybody has to know of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::recording::Recording;

/// Between two looks. With [`AGE`] it makes the 20 ms within which the extension knows of a subsegment.
const PERIOD: Duration = Duration::from_millis(10);

/// What is younger is left for the next look.
const AGE: Duration = Duration::from_millis(5);

/// It formats one document at a time.
const STACK_BYTES: usize = 128 * 1024;

/// The thread, and the invocations it looks at.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    shared: Arc<Shared>,
    /// Started with the first invocation; `None` inside when the system gave no thread.
    thread: OnceLock<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    running: Mutex<Vec<Weak<Recording>>>,
    awake: AtomicBool,
    stopped: AtomicBool,
}

impl Watch {
    /// Looks at this invocation until it has ended.
    pub(crate) fn observe(&self, recording: &Arc<Recording>) {
        self.shared.running().push(Arc::downgrade(recording));
        let thread = self.thread.get_or_init(|| start(self.shared.clone()));
        if let Some(thread) = thread
            && !self.shared.awake.swap(true, Ordering::SeqCst)
        {
            thread.thread().unpark();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take().flatten() {
            thread.thread().unpark();
            // A panic in it has been said by the hook.
            let _ = thread.join();
        }
    }
}

fn start(shared: Arc<Shared>) -> Option<JoinHandle<()>> {
    thread::Builder::new()
        .name("xray-watch".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || shared.run())
        .ok()
}

impl Shared {
    fn run(&self) {
        while !self.stopped.load(Ordering::SeqCst) {
            self.look();
            if !self.running().is_empty() {
                thread::park_timeout(PERIOD);
                continue;
            }
            self.awake.store(false, Ordering::SeqCst);
            // One that was added before the flag fell did not wake us.
            if self.running().is_empty() {
                thread::park();
            }
            self.awake.store(true, Ordering::SeqCst);
        }
    }

    /// Nothing is sent under the lock, which the beginning of an invocation waits for.
    fn look(&self) {
        let mut running = std::mem::take(&mut *self.running());
        running.retain(|recording| {
            recording.upgrade().is_some_and(|recording| {
                let ended = recording.is_ended();
                recording.tell_lasting(AGE);
                !ended
            })
        });
        self.running().append(&mut running);
    }

    fn running(&self) -> MutexGuard<'_, Vec<Weak<Recording>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
