//! Documents that are held back until it is known where they are shown, or that they are not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xray_segment::{Document, EntityId, TraceId};

use crate::emit::Emitter;
use crate::log::say;

/// Documents that are held back; what a `main` does in more pieces than this is told by the pieces that came first.
const MOST: usize = 100;

/// Stands for the function subsegment, whose id is not known yet. No id is all zeros.
pub(crate) const FUNCTION: EntityId = EntityId::from_bytes([0; 8]);

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
pub(crate) struct Held(Mutex<State>);

#[derive(Debug)]
enum State {
    /// Held back, with the number of those there was no room for.
    Waiting(Vec<Document<'static>>, usize),
    /// The first invocation has begun: one that closes now is sent at once, or dropped.
    Decided(Option<Place>),
}

impl Default for State {
    fn default() -> Self {
        Self::Waiting(Vec::new(), 0)
    }
}

impl Held {
    /// Takes a closed document.
    pub(crate) fn take(&self, document: Document<'static>) {
        match &mut *self.lock() {
            State::Waiting(held, _) if held.len() < MOST => held.push(document),
            State::Waiting(_, refused) => *refused += 1,
            State::Decided(Some(place)) => place.send(document),
            State::Decided(None) => {}
        }
    }

    /// It is known where they are shown, or that they are not.
    pub(crate) fn show(&self, place: Option<Place>) {
        let mut state = self.lock();
        let State::Waiting(held, refused) = &mut *state else {
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
