//! What is open: subsegments that the wrapper told of and that have not closed yet.
//!
//! They are not sent. When the function dies before it can close them, they are what is known of where it was.

use std::collections::VecDeque;

use xray_segment::{EntityId, Route, TraceId};

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

    /// Takes all that is open.
    pub fn take_all(&mut self) -> Vec<OpenDocument> {
        self.bytes = 0;
        std::mem::take(&mut self.documents).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: u64, filling: usize) -> String {
        let filling = "x".repeat(filling);
        format!(
            r#"{{"id":"{id:016x}","trace_id":"1-5759e988-bd862e3fe1be46a994272793","in_progress":true,"name":"{filling}"}}"#
        )
    }

    fn ids(open: &mut Open) -> Vec<EntityId> {
        open.take_all().iter().map(|open| open.id).collect()
    }

    fn id(id: u64) -> EntityId {
        EntityId::from_bytes(id.to_be_bytes())
    }

    #[test]
    fn what_closes_is_forgotten() {
        let mut open = Open::default();
        let trace_id = "1-5759e988-bd862e3fe1be46a994272793".parse().unwrap();
        assert!(
            open.hold(&document(1, 0)) && open.hold(&document(2, 0)) && open.hold(&document(1, 5))
        );
        open.close(trace_id, id(2));
        open.close(trace_id, id(3));
        assert_eq!(ids(&mut open), [id(1)]);
        assert!(open.is_empty());
    }

    #[test]
    fn there_is_a_bound() {
        let mut open = Open::default();
        let held = (0..100)
            .filter(|id| open.hold(&document(*id, 60_000)))
            .count();
        assert_eq!(held, 17);
        open.take_all();
        assert!(open.hold(&document(1, 60_000)));
    }

    #[test]
    fn what_has_no_ids_is_not_held() {
        for text in ["", "{}", "[]", r#"{"id":"1"}"#, "{\"id\":"] {
            assert!(!Open::default().hold(text), "{text}");
        }
    }
}
