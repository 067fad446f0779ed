//! What is open: subsegments that the wrapper told of and that have not closed yet.
//!
//! They are not sent. When the function dies before it can close them, they are what is known of where it was.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use xray_segment::document::{Cause, Exception};
use xray_segment::{Document, EntityId, Route, Timestamp, TraceId};

use crate::buffer::Stored;

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

/// How a function died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Death {
    /// It did not end in time.
    Timeout {
        /// How long it ran.
        after: Option<Duration>,
    },
    /// Its process ended.
    Exit {
        /// Lambda's name for how, as `Runtime.ExitError`.
        error_type: Option<String>,
    },
}

impl Death {
    /// Lambda's own name for it.
    fn kind(&self) -> &str {
        match self {
            Self::Timeout { .. } => "Sandbox.Timedout",
            Self::Exit { error_type } => error_type.as_deref().unwrap_or("Runtime.ExitError"),
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout { after: Some(after) } => {
                write!(f, "function timed out after {:.2} s", after.as_secs_f64())
            }
            Self::Timeout { after: None } => f.write_str("function timed out"),
            Self::Exit { .. } => f.write_str(
                "runtime exited before this ended: it crashed, was killed or ran out of memory",
            ),
        }
    }
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
mod tests {
    use super::*;

    fn document(id: u64, filling: usize) -> String {
        let filling = "x".repeat(filling);
        format!(
            r#"{{"id":"{id:016x}","trace_id":"1-5759e988-bd862e3fe1be46a994272793","parent_id":"53995c3f42cd8ad8","type":"subsegment","in_progress":true,"start_time":1.5,"name":"a{filling}"}}"#
        )
    }

    fn id(id: u64) -> EntityId {
        EntityId::from_bytes(id.to_be_bytes())
    }

    fn close(open: &mut Open, death: &Death) -> Vec<Stored> {
        open.close_all(death, Timestamp::from_micros(4_500_000), || id(9))
    }

    const TIMEOUT: Death = Death::Timeout {
        after: Some(Duration::from_secs(3)),
    };

    #[test]
    fn what_closes_is_forgotten() {
        let mut open = Open::default();
        let trace_id = "1-5759e988-bd862e3fe1be46a994272793".parse().unwrap();
        assert!(
            open.hold(&document(1, 0)) && open.hold(&document(2, 0)) && open.hold(&document(1, 5))
        );
        open.close(trace_id, id(2));
        open.close(trace_id, id(3));
        let ids: Vec<_> = close(&mut open, &TIMEOUT)
            .iter()
            .map(|closed| closed.id)
            .collect();
        assert_eq!(ids, [Some(id(1))]);
        assert!(open.is_empty());
    }

    #[test]
    fn what_a_death_left_open_is_a_fault_that_says_so() {
        for (death, kind, message) in [
            (
                TIMEOUT,
                "Sandbox.Timedout",
                "function timed out after 3.00 s",
            ),
            (
                Death::Exit {
                    error_type: Some("Runtime.ExitError".to_owned()),
                },
                "Runtime.ExitError",
                "runtime exited",
            ),
            (
                Death::Exit { error_type: None },
                "Runtime.ExitError",
                "runtime exited",
            ),
        ] {
            let mut open = Open::default();
            open.hold(&document(1, 0));
            let closed: serde_json::Value =
                serde_json::from_str(&close(&mut open, &death)[0].text).unwrap();
            assert_eq!(
                (&closed["fault"], &closed["end_time"]),
                (&true.into(), &4.5.into())
            );
            assert!(closed.get("in_progress").is_none());
            let exception = &closed["cause"]["exceptions"][0];
            assert_eq!(exception["type"], kind);
            assert!(
                exception["message"].as_str().unwrap().contains(message),
                "{exception}"
            );
        }
    }

    #[test]
    fn what_cannot_be_closed_goes_as_it_came() {
        let text = r#"{"id":"0000000000000001","trace_id":"1-5759e988-bd862e3fe1be46a994272793","in_progress":true}"#;
        let mut open = Open::default();
        assert!(open.hold(text));
        assert_eq!(close(&mut open, &TIMEOUT)[0].text, text);
    }

    #[test]
    fn there_is_a_bound() {
        let mut open = Open::default();
        let held = (0..100)
            .filter(|id| open.hold(&document(*id, 60_000)))
            .count();
        assert_eq!(held, 17);
        close(&mut open, &TIMEOUT);
        assert!(open.hold(&document(1, 60_000)));
    }

    #[test]
    fn what_has_no_ids_is_not_held() {
        for text in ["", "{}", "[]", r#"{"id":"1"}"#, "{\"id\":"] {
            assert!(!Open::default().hold(text), "{text}");
        }
    }
}
