//! What becomes of a datagram: a document is stored, a notice is heeded, and the rest is counted and said.

use xray_segment::datagram::Datagram;
use xray_segment::{EntityId, Route, Timestamp};

use crate::buffer::{Buffer, Stored};
use crate::intake::Received;
use crate::log::{Level, Log};
use crate::open::{Death, Open};
use crate::report::{self, Report};

/// Where datagrams end.
#[derive(Debug)]
pub(super) struct Reception {
    pub(super) log: Log,
    pub(super) buffer: Buffer,
    pub(super) open: Open,
    pub(super) report: Report,
    /// Invocations that a marker says have ended, since this was last looked at.
    pub(super) ended: Vec<String>,
    /// Whether documents came since this was last looked at.
    pub(super) documents: bool,
}

impl Reception {
    pub(super) fn take(&mut self, received: &Received<'_>) {
        match &received.datagram {
            Ok(Datagram::Document(text)) => self.store(text, received.size),
            Ok(Datagram::End { request_id }) => self.ended.push(request_id.clone().into_owned()),
            Ok(Datagram::Open(text)) => self.hold(text),
            // A hello is answered where it is read; a welcome is for wrappers.
            Ok(Datagram::Hello | Datagram::Welcome { .. }) => {}
            Err(error) => self.turn_away(report::kind(*error), received.size, &error.to_string()),
        }
    }

    fn store(&mut self, text: &str, size: usize) {
        let Some(route) = route(text) else {
            self.turn_away("not JSON", size, "the document is not whole JSON");
            return;
        };
        if let (Some(trace_id), Some(id), false) = (route.trace_id, route.id, route.in_progress) {
            self.open.close(trace_id, id);
        }
        self.documents = true;
        self.report.received += 1;
        self.push(Stored {
            text: text.to_owned(),
            trace_id: route.trace_id,
            id: route.id,
        });
    }

    fn push(&mut self, document: Stored) {
        let evicted = self.buffer.push(document);
        if evicted > 0 {
            self.report.evicted += evicted as u64;
            let text = "the buffer is full: the oldest documents are dropped; XRAY_EXTENSION_BUFFER_MB sets its size";
            self.log.once("evicted", Level::Warn, text);
        }
    }

    /// Closes what is open, and has it sent like any other document.
    pub(super) fn close_open(&mut self, death: &Death, at: Timestamp) {
        let id = || EntityId::from_bytes(fastrand::u64(1..).to_be_bytes());
        for document in self.open.close_all(death, at, id) {
            self.report.closed += 1;
            self.push(document);
        }
    }

    fn hold(&mut self, text: &str) {
        if !self.open.hold(text) {
            self.report.open_refused += 1;
        }
    }

    fn turn_away(&mut self, kind: &'static str, size: usize, why: &str) {
        self.report.turn_away(kind);
        let text = format!(
            "a datagram of {size} bytes is no document: {why}; it is dropped, further ones of this kind are only counted"
        );
        self.log.once(kind, Level::Warn, &text);
    }
}

/// None when the text is not one whole JSON document: a segment, or as X-Ray's API also has it, an array of subsegments.
fn route(text: &str) -> Option<Route> {
    match Route::parse(text) {
        Ok(route) => Some(route),
        Err(_) if text.starts_with('[') => {
            let whole = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            whole.then(Route::default)
        }
        Err(_) => None,
    }
}
