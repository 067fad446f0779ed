//! One invocation that is recorded, or outside Lambda one segment: what is open in it.
//!
//! The open ones lie in one list under one lock, not each behind a lock of its own: a dying process has to find them all, and
//! two tasks rarely want the lock at once. No code of the user's runs under it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant, SystemTime};

use xray_segment::{Document, EntityId, IdBuffer, Timestamp, TraceId};

use crate::cause::Failure;
use crate::emit::Emitter;
use crate::invocation::{Invocation, Sink};

/// An open subsegment in the invocation's list of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: EntityId,
    pub(crate) slot: usize,
}

/// An invocation that is recorded.
#[derive(Debug)]
pub(crate) struct Recording {
    invocation: Invocation,
    trace: TraceId,
    clock: Clock,
    /// Shortly before the deadline, when what is open is told of once more.
    late: Option<Timestamp>,
    ended: AtomicBool,
    open: Mutex<Open>,
    #[cfg(feature = "metrics")]
    tally: Option<crate::metrics::Tally>,
}

#[derive(Debug, Default)]
struct Open {
    ids: IdBuffer,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    told_late: bool,
    /// The one that was opened first, for the handler: all others stand beneath it.
    #[cfg(any(feature = "batch", feature = "http", feature = "request"))]
    function: Option<Entry>,
}

#[derive(Debug)]
struct Slot {
    document: Document<'static>,
    /// The extension knows that it is open.
    told: bool,
}

/// Before the deadline: enough for a datagram and for what the watch is late by, little of what the function still does.
const LATE: Duration = Duration::from_millis(60);

impl Recording {
    /// `deadline` is when Lambda will end it; an emulator may not know.
    pub(crate) fn new(
        invocation: Invocation,
        trace: TraceId,
        deadline: Option<SystemTime>,
    ) -> Self {
        let clock = Clock::start();
        let late = deadline.and_then(|deadline| deadline.checked_sub(LATE));
        Self {
            invocation,
            trace,
            late: late.map(Timestamp::from).filter(|late| *late > clock.wall),
            clock,
            ended: AtomicBool::new(false),
            open: Mutex::default(),
            #[cfg(feature = "metrics")]
            tally: None,
        }
    }

    /// Measures its subsegments, where that was asked for.
    #[cfg(feature = "metrics")]
    pub(crate) fn measured(self, tally: Option<crate::metrics::Tally>) -> Self {
        Self { tally, ..self }
    }

    /// Nothing more is to be told of it while it runs.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        #[cfg(feature = "metrics")]
        if let Some(tally) = &self.tally {
            tally.say(self.clock.now());
        }
        self.invocation.finish();
    }

    /// Whether the invocation has ended; subsegments of tasks that outlive it may still be open.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    pub(crate) fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    /// Opens a subsegment beneath `parent`, which may have closed already.
    pub(crate) fn open(&self, name: &str, parent: EntityId) -> Entry {
        self.open_first(|id, start| {
            Document::subsegment(name.to_owned(), id, start).of_trace(self.trace, parent)
        })
    }

    /// Opens the segment itself, beneath the caller's where there is one.
    #[cfg(feature = "recorder")]
    pub(crate) fn open_segment(&self, name: &str, parent: Option<EntityId>) -> Entry {
        self.open_first(|id, start| Document {
            parent_id: parent,
            ..Document::segment(name.to_owned(), id, self.trace, start)
        })
    }

    /// The first one to open is the one all others stand beneath.
    fn open_first(&self, document: impl FnOnce(EntityId, Timestamp) -> Document<'static>) -> Entry {
        let start = self.clock.now();
        let mut open = self.lock();
        let id = open.next_id();
        let slot = open.insert(document(id, start));
        let entry = Entry { id, slot };
        #[cfg(any(feature = "batch", feature = "http", feature = "request"))]
        open.function.get_or_insert(entry);
        entry
    }

    /// The function subsegment, which may have closed.
    #[cfg(any(feature = "batch", feature = "http", feature = "request"))]
    pub(crate) fn function(&self) -> Option<Entry> {
        self.lock().function
    }

    /// An id and a beginning for a subsegment that may open later, or never.
    #[cfg(feature = "aws")]
    pub(crate) fn plan(&self) -> (EntityId, Timestamp) {
        (self.lock().next_id(), self.clock.now())
    }

    /// Opens a planned subsegment beneath `parent`.
    #[cfg(feature = "aws")]
    pub(crate) fn open_planned(
        &self,
        name: &str,
        (id, start): (EntityId, Timestamp),
        parent: EntityId,
    ) -> Entry {
        let document = Document::subsegment(name.to_owned(), id, start);
        let slot = self.lock().insert(document.of_trace(self.trace, parent));
        Entry { id, slot }
    }

    /// Changes an open document; the second argument gives ids for exceptions. Does nothing when it has closed.
    pub(crate) fn edit(
        &self,
        entry: Entry,
        change: impl FnOnce(&mut Document<'static>, &mut dyn FnMut() -> EntityId),
    ) {
        let mut open = self.lock();
        let Open { ids, slots, .. } = &mut *open;
        if let Some(slot) = find(slots, entry) {
            change(&mut slot.document, &mut || ids.next_id(fill));
        }
    }

    /// Sends an open one as it is, for X-Ray to show until its closed form comes.
    #[cfg(feature = "recorder")]
    pub(crate) fn send_in_progress(&self, entry: Entry) {
        let document = find(&mut self.lock().slots, entry).map(|slot| slot.document.clone());
        if let Some(document) = document {
            self.invocation.sink.send(document);
        }
    }

    /// Closes and sends.
    pub(crate) fn close(&self, entry: Entry) {
        let document = self.lock().take(entry);
        if let Some(mut document) = document {
            document.end(self.clock.now());
            #[cfg(feature = "metrics")]
            if let Some(tally) = &self.tally {
                tally.count(&document);
            }
            self.invocation.sink.send(document);
        }
    }

    /// Tells the extension that this one is open, so that it is not lost when the function dies.
    ///
    /// Under the lock, as in [`Recording::tell_lasting`]: the notice must not come after the closed document.
    pub(crate) fn tell_open(&self, entry: Entry) {
        if let Some(emitter) = self.invocation.sink.listener()
            && let Some(slot) = find(&mut self.lock().slots, entry)
        {
            slot.tell(emitter);
        }
    }

    /// Tells of what has been open for `age` and is not known yet; shortly before the deadline, of all as it is by then.
    ///
    /// An extension that answered only after the invocation began is heard here: what was open by then is told of now.
    pub(crate) fn tell_lasting(&self, age: Duration) {
        if let Sink::Emitter(emitter) = &self.invocation.sink {
            emitter.listen();
        }
        let Some(emitter) = self.invocation.sink.listener() else {
            return;
        };
        let now = self.clock.now();
        let mut open = self.lock();
        let late = !open.told_late && self.late.is_some_and(|late| now >= late);
        open.told_late |= late;
        for slot in open.slots.iter_mut().flatten() {
            if late || !slot.told && now.since(slot.document.start_time) >= age {
                slot.tell(emitter);
            }
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
        let slots = std::mem::take(&mut open.slots);
        for Slot { mut document, .. } in slots.into_iter().rev().flatten() {
            document.end(end);
            document.fault = true;
            if document.cause.is_none() {
                document.cause = Some(failure.clone().into_cause(|| open.next_id()));
            }
            self.invocation.sink.send(document);
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
        let new = Slot {
            document,
            told: false,
        };
        let free = self.free.pop();
        if let Some(at) = free
            && let Some(slot) = self.slots.get_mut(at)
        {
            *slot = Some(new);
            return at;
        }
        self.slots.push(Some(new));
        self.slots.len() - 1
    }

    fn take(&mut self, entry: Entry) -> Option<Document<'static>> {
        let slot = self.slots.get_mut(entry.slot)?;
        let slot = slot.take_if(|slot| slot.document.id == entry.id)?;
        self.free.push(entry.slot);
        Some(slot.document)
    }
}

impl Slot {
    fn tell(&mut self, emitter: &Emitter) {
        self.told = true;
        emitter.tell_open(&self.document);
    }
}

/// A slot is used again, an id is not.
fn find(slots: &mut [Option<Slot>], entry: Entry) -> Option<&mut Slot> {
    let slot = slots.get_mut(entry.slot)?.as_mut();
    slot.filter(|slot| slot.document.id == entry.id)
}

pub(crate) fn fill(bytes: &mut [u8]) {
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
