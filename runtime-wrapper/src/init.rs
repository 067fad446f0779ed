//! The init phase: what a function does before its first invocation, kept until there is a trace to show it in.
//!
//! No SDK records it, because there is no trace header yet. Here its subsegments are made as all others are, but held
//! back; the first invocation gives them its trace, and they stand beneath its function subsegment, before which they
//! happened. When that invocation is not recorded they are dropped with it.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use xray_segment::{Document, EntityId, TraceId};

use crate::emit::Emitter;
use crate::invocation::{Invocation, Recording, Sink};
use crate::log::say;
use crate::{Context, Subsegment};

/// Documents that are held back; what a `main` does in more pieces than this is told by the pieces that came first.
const MOST: usize = 100;

/// Stands for the function subsegment, whose id is not known yet. No id is all zeros.
const FUNCTION: EntityId = EntityId::from_bytes([0; 8]);

/// Stands for the trace.
const TRACE: TraceId = TraceId::from_bytes([0; 16]);

/// One a process, as the init phase is: `main` opens subsegments before it has anything of ours to hold.
static INIT: LazyLock<Arc<Recording>> = LazyLock::new(|| {
    let invocation = Invocation {
        request_id: String::new(),
        header: None,
        sink: Sink::Init(Init::default()),
    };
    Arc::new(Recording::new(invocation, TRACE, None))
});

/// Opens a subsegment of the init phase: work before [`run`](crate::run), such as loading a configuration or connecting to a database.
///
/// It is shown beneath the first invocation's function subsegment, when that invocation is recorded. At most 100 are kept.
///
/// ```
/// let connecting = lambda_xray::init_subsegment("connect");
/// // ... before the runtime starts ...
/// drop(connecting);
/// ```
#[must_use = "a subsegment closes when it is dropped, so this one would take no time"]
pub fn init_subsegment(name: &str) -> Subsegment {
    let entry = INIT.open(name, FUNCTION);
    Subsegment::open(Context::recorded(Arc::clone(&INIT), entry))
}

/// The first invocation of the process has begun, as this function subsegment, or is not recorded.
pub(crate) fn show(place: Option<Place>) {
    if let Sink::Init(init) = &INIT.invocation().sink {
        init.show(place);
    }
}

/// Where the documents of the init phase are shown.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) trace: TraceId,
    pub(crate) function: EntityId,
    pub(crate) emitter: Arc<Emitter>,
}

impl Place {
    fn send(&self, mut document: Document<'static>) {
        document.trace_id = Some(self.trace);
        if document.parent_id == Some(FUNCTION) {
            document.parent_id = Some(self.function);
        }
        self.emitter.send(document);
    }
}

/// What becomes of the init phase's documents.
#[derive(Debug, Default)]
pub(crate) struct Init(Mutex<State>);

#[derive(Debug)]
enum State {
    /// Held back, with the number of those there was no room for.
    Held(Vec<Document<'static>>, usize),
    /// The first invocation has begun: one that closes now is sent at once, or dropped.
    Decided(Option<Place>),
}

impl Default for State {
    fn default() -> Self {
        Self::Held(Vec::new(), 0)
    }
}

impl Init {
    /// Takes a closed document.
    pub(crate) fn take(&self, document: Document<'static>) {
        match &mut *self.lock() {
            State::Held(held, _) if held.len() < MOST => held.push(document),
            State::Held(_, refused) => *refused += 1,
            State::Decided(Some(place)) => place.send(document),
            State::Decided(None) => {}
        }
    }

    fn show(&self, place: Option<Place>) {
        let mut state = self.lock();
        let State::Held(held, refused) = &mut *state else {
            return;
        };
        if *refused > 0 {
            say(&format!(
                "{refused} subsegments of the init phase are not shown: {MOST} are kept"
            ));
        }
        if let Some(place) = &place {
            held.drain(..).for_each(|document| place.send(document));
        }
        *state = State::Decided(place);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
