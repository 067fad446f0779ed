//! One invocation: what came with it, and the subsegments that are open in it.
//!
//! The open ones lie in one list under one lock, not each behind a lock of its own: a dying process has to find them all, and
//! two tasks rarely want the lock at once. No code of the user's runs under it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Instant, SystemTime};

use xray_segment::{Document, EntityId, IdBuffer, Timestamp, TraceHeader, TraceId};

use crate::cause::Failure;
use crate::context::Entry;
use crate::emit::Emitter;

/// What came with an invocation.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    pub(crate) header: Option<TraceHeader>,
    pub(crate) emitter: Arc<Emitter>,
}

impl Invocation {
    /// Says that its last document has been sent.
    pub(crate) fn finish(&self) {
        self.emitter.finish(&self.request_id);
    }
}

/// An invocation that is recorded.
#[derive(Debug)]
pub(crate) struct Recording {
    invocation: Invocation,
    trace: TraceId,
    clock: Clock,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    ids: IdBuffer,
    documents: Vec<Option<Document<'static>>>,
    free: Vec<usize>,
}

impl Recording {
    pub(crate) fn new(invocation: Invocation, trace: TraceId) -> Self {
        Self {
            invocation,
            trace,
            clock: Clock::start(),
            open: Mutex::default(),
        }
    }

    pub(crate) fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    /// Opens a subsegment beneath `parent`, which may have closed already.
    pub(crate) fn open(&self, name: &str, parent: EntityId) -> Entry {
        let name = name.to_owned();
        let start = self.clock.now();
        let mut open = self.lock();
        let id = open.next_id();
        let document = Document::subsegment(name, id, start).of_trace(self.trace, parent);
        let slot = open.insert(document);
        Entry { id, slot }
    }

    /// Changes an open document; the second argument gives ids for exceptions. Does nothing when it has closed.
    pub(crate) fn edit(
        &self,
        entry: Entry,
        change: impl FnOnce(&mut Document<'static>, &mut dyn FnMut() -> EntityId),
    ) {
        let mut open = self.lock();
        let Open { ids, documents, .. } = &mut *open;
        if let Some(document) = find(documents, entry) {
            change(document, &mut || ids.next_id(fill));
        }
    }

    /// Closes and sends.
    pub(crate) fn close(&self, entry: Entry) {
        let document = self.lock().take(entry);
        if let Some(mut document) = document {
            document.end(self.clock.now());
            self.invocation.emitter.send(document);
        }
    }

    /// Tells the extension that this one is open, so that it is not lost when the function dies.
    pub(crate) fn tell_open(&self, entry: Entry) {
        if !self.invocation.emitter.is_heard() {
            return;
        }
        let document = find(&mut self.lock().documents, entry).cloned();
        if let Some(document) = document {
            self.invocation.emitter.tell_open(&document);
        }
    }

    /// Closes and sends all that is open, the latest first, because the process is about to die.
    ///
    /// Takes the lock only when it is free: the thread that dies may hold it.
    pub(crate) fn close_all(&self, failure: &Failure) {
        let mut open = match self.open.try_lock() {
            Ok(open) => open,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let end = self.clock.now();
        let mut documents = std::mem::take(&mut open.documents);
        for mut document in documents.drain(..).rev().flatten() {
            document.end(end);
            document.fault = true;
            if document.cause.is_none() {
                document.cause = Some(failure.clone().into_cause(|| open.next_id()));
            }
            self.invocation.emitter.send(document);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // A panic under the lock would be ours, between two whole steps: the list is good.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn next_id(&mut self) -> EntityId {
        self.ids.next_id(fill)
    }

    fn insert(&mut self, document: Document<'static>) -> usize {
        let free = self.free.pop();
        if let Some(slot) = free
            && let Some(place) = self.documents.get_mut(slot)
        {
            *place = Some(document);
            return slot;
        }
        self.documents.push(Some(document));
        self.documents.len() - 1
    }

    fn take(&mut self, entry: Entry) -> Option<Document<'static>> {
        let place = self.documents.get_mut(entry.slot)?;
        let document = place.take_if(|document| document.id == entry.id)?;
        self.free.push(entry.slot);
        Some(document)
    }
}

/// A slot is used again, an id is not.
fn find<'d>(
    documents: &'d mut [Option<Document<'static>>],
    entry: Entry,
) -> Option<&'d mut Document<'static>> {
    documents
        .get_mut(entry.slot)?
        .as_mut()
        .filter(|document| document.id == entry.id)
}

fn fill(bytes: &mut [u8]) {
    // Without randomness from the system there are no ids; Linux gives it from the moment a process can run.
    let filled = getrandom::fill(bytes);
    debug_assert!(filled.is_ok(), "{filled:?}");
}

/// Wall time read once an invocation, then counted on: a clock that is set meanwhile makes no duration negative, and a freeze
/// between two invocations cannot come between the two.
#[derive(Debug)]
struct Clock {
    wall: Timestamp,
    started: Instant,
}

impl Clock {
    fn start() -> Self {
        Self {
            wall: SystemTime::now().into(),
            started: Instant::now(),
        }
    }

    fn now(&self) -> Timestamp {
        self.wall.plus(self.started.elapsed())
    }
}
