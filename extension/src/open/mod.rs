//! What is open: subsegments that the wrapper told of and that have not closed yet.
//!
//! They are not sent. When the function dies before it can close them, they are what is known of where it was.

mod death;

use std::collections::VecDeque;

use xray_segment::document::{Cause, Exception};
use xray_segment::{Document, EntityId, Route, Timestamp, TraceId};

use crate::buffer::Stored;
pub use death::Death;

/// Bytes of open documents kept.
const MOST_BYTES: usize = 1024 * 1024;

/// An open document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDocument {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its id.
    pub id: EntityId,
    /// As it came, in progress.
    pub text: String,
}

impl OpenDocument {
    /// The document as it would have been closed: ended at `at`, a fault, with the death as its cause.
    fn close(self, death: &Death, at: Timestamp, exception: EntityId) -> Stored {
        let closed = serde_json::from_str::<Document<'_>>(&self.text).map(|mut document| {
            document.end(at);
            document.fault = true;
            document.cause = Some(Cause::new(vec![Exception::new(
                exception,
                death.kind(),
                death.to_string(),
            )]));
            document.to_json()
        });
        Stored {
            // One that is no document of the wrapper's goes as it came: in progress is better than unknown.
            text: closed.unwrap_or(self.text),
            trace_id: Some(self.trace_id),
            id: Some(self.id),
        }
    }
}

/// Open documents by id, the oldest first.
#[derive(Debug, Default)]
pub struct Open {
    documents: VecDeque<OpenDocument>,
    bytes: usize,
}

impl Open {
    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Whether something of this trace is open.
    pub fn has(&self, trace_id: TraceId) -> bool {
        self.documents.iter().any(|open| open.trace_id == trace_id)
    }

    /// Holds a document; false when it has no ids or there is no room.
    pub fn hold(&mut self, text: &str) -> bool {
        let Ok(Route {
            trace_id: Some(trace_id),
            id: Some(id),
            ..
        }) = Route::parse(text)
        else {
            return false;
        };
        self.close(trace_id, id);
        if self.bytes + text.len() > MOST_BYTES {
            return false;
        }
        self.bytes += text.len();
        self.documents.push_back(OpenDocument {
            trace_id,
            id,
            text: text.to_owned(),
        });
        true
    }

    /// Forgets a document, whose closed form came.
    pub fn close(&mut self, trace_id: TraceId, id: EntityId) {
        // What closes is most often what opened last.
        let place = self
            .documents
            .iter()
            .rposition(|open| open.id == id && open.trace_id == trace_id);
        if let Some(open) = place.and_then(|place| self.documents.remove(place)) {
            self.bytes -= open.text.len();
        }
    }

    /// Closes all that is open; `ids` gives an id for each exception.
    pub fn close_all(
        &mut self,
        death: &Death,
        at: Timestamp,
        mut ids: impl FnMut() -> EntityId,
    ) -> Vec<Stored> {
        self.bytes = 0;
        let documents = std::mem::take(&mut self.documents).into_iter();
        documents.map(|open| open.close(death, at, ids())).collect()
    }
}

#[cfg(test)]
mod tests;
