//! What becomes of a datagram: a document is stored, a notice is heeded, and the rest is counted and said.

use std::net::SocketAddr;
use std::time::Instant;

use serde_json::Map;
use xray_segment::datagram::Datagram;
use xray_segment::{EntityId, Route, Timestamp, TraceId};

use crate::buffer::{Buffer, Stored};
use crate::decide::{Decided, Undecided};
use crate::intake::Received;
use crate::lambda::{Ending, Usage};
use crate::log::{Level, Log};
use crate::open::{Death, Open};
use crate::platform::Platform;
use crate::redact::Rules;
use crate::report::{self, Report};
use crate::settings::Config;

/// Answers to be given between two looks.
const MOST_ASKS: usize = 8;

/// Where datagrams end.
#[derive(Debug)]
pub(super) struct Reception {
    pub(super) log: Log,
    pub(super) buffer: Buffer,
    /// Rules for what must not be sent, where there are any.
    redact: Option<Rules>,
    /// Where not all traces are kept: those that wait for their end.
    undecided: Option<Undecided>,
    /// Which invocations get a subsegment of what the platform measured.
    platform: Platform,
    /// Whether the last flush has begun: what comes now would not be sent.
    is_last: bool,
    pub(super) open: Open,
    pub(super) report: Report,
    /// Invocations that a marker says have ended, since this was last looked at.
    pub(super) ended: Vec<String>,
    /// Whether documents came since this was last looked at.
    pub(super) documents: bool,
    /// Who asked for the report, since this was last looked at.
    pub(super) asked: Vec<SocketAddr>,
    /// Bytes that came since the kernel was last asked what it dropped.
    unasked: usize,
    /// Documents that were lost when losses were last said.
    said: u64,
}

impl Reception {
    pub(super) fn new(config: &Config, log: Log) -> Self {
        // What waits for a decision and what waits to be sent share the room.
        let buffer_bytes = config.buffer_bytes >> u32::from(config.keep.is_some());
        Self {
            log,
            buffer: Buffer::new(buffer_bytes),
            redact: config.redact.clone(),
            undecided: config.keep.map(|keep| Undecided::new(keep, buffer_bytes)),
            platform: config.platform,
            is_last: false,
            open: Open::default(),
            report: Report::default(),
            ended: Vec::new(),
            documents: false,
            asked: Vec::new(),
            unasked: 0,
            said: 0,
        }
    }

    pub(super) fn take(&mut self, received: &Received<'_>) {
        self.unasked += received.size;
        match &received.datagram {
            Ok(Datagram::Document(text)) => self.store(text, received.size),
            Ok(Datagram::End { request_id }) => self.ended.push(request_id.clone().into_owned()),
            Ok(Datagram::Open(text)) => self.hold(text),
            Ok(Datagram::Report) => self.ask(received.from),
            // A hello is answered where it is read; the others are what is answered.
            Ok(Datagram::Hello | Datagram::Welcome { .. } | Datagram::Reported(_)) => {}
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
        if route.is_closed_segment() {
            self.finish(route.trace_id);
        }
    }

    fn push(&mut self, mut document: Stored) {
        if let Some(rules) = &self.redact
            && let Some(text) = rules.apply(&document.text)
        {
            document.text = text;
            self.report.redacted += 1;
        }
        match &mut self.undecided {
            None => self.keep(document),
            Some(undecided) => {
                let decided = undecided.hold(document, Instant::now());
                self.follow(decided);
            }
        }
    }

    fn keep(&mut self, document: Stored) {
        self.report.evicted += self.buffer.push(document) as u64;
    }

    fn follow(&mut self, decided: Decided) {
        self.report.left_out += decided.left_out;
        for document in decided.kept {
            self.keep(document);
        }
    }

    /// A trace's segment has come.
    fn finish(&mut self, trace_id: Option<TraceId>) {
        if let (Some(undecided), Some(trace_id)) = (&mut self.undecided, trace_id) {
            let decided = undecided.end(trace_id);
            self.follow(decided);
        }
        self.buffer.finish(trace_id);
    }

    /// What was heard is all there will be, but for what is open still.
    pub(super) fn finish_all(&mut self, now: Instant) {
        let open = &self.open;
        let undecided = self.undecided.as_mut();
        let decided = undecided.map(|undecided| undecided.end_all(now, |id| open.has(id)));
        self.follow(decided.unwrap_or_default());
        self.buffer.finish_all();
    }

    /// What waited too long is not waited for.
    pub(super) fn finish_overdue(&mut self, now: Instant) {
        let undecided = self.undecided.as_mut();
        let decided = undecided.map(|undecided| undecided.end_overdue(now));
        self.follow(decided.unwrap_or_default());
    }

    /// Nothing will come after this.
    pub(super) fn finish_everything(&mut self, now: Instant) {
        self.is_last = true;
        self.open = Open::default();
        self.finish_all(now);
    }

    /// Elsewhere than on this machine it would be an answer to whoever a sender claims to be.
    fn ask(&mut self, from: SocketAddr) {
        if from.ip().is_loopback() && self.asked.len() < MOST_ASKS {
            self.asked.push(from);
        }
    }

    /// Whether so much came since this was last true that the kernel's buffer may not have had room for it.
    pub(super) fn may_have_overflowed(&mut self, receive_buffer: usize) -> bool {
        // The kernel counts a small datagram as several times its size.
        let may = self.unasked > receive_buffer / 8;
        if may {
            self.unasked = 0;
        }
        may
    }

    /// The kernel says that it dropped so many until now.
    pub(super) fn overflowed(&mut self, dropped: Option<u64>) {
        self.report.kernel_dropped = dropped.unwrap_or(self.report.kernel_dropped);
    }

    /// Says what was lost for want of room since this was last said.
    pub(super) fn say_losses(&mut self) {
        let Report {
            evicted,
            kernel_dropped,
            ..
        } = self.report;
        let lost = (evicted + kernel_dropped).saturating_sub(self.said);
        if lost == 0 {
            return;
        }
        self.said += lost;
        let mut fields = Map::new();
        fields.insert("lost".to_owned(), lost.into());
        fields.insert("evicted".to_owned(), evicted.into());
        fields.insert("kernel_dropped".to_owned(), kernel_dropped.into());
        let text = if evicted > 0 {
            "the buffer is full: the oldest documents are dropped; XRAY_EXTENSION_BUFFER_MB sets its size"
        } else {
            "documents came faster than they could be read, and the kernel dropped some: net.core.rmem_max bounds its buffer"
        };
        self.log.say(Level::Warn, text, fields);
    }

    /// Closes what is open, and has it sent like any other document.
    pub(super) fn close_open(&mut self, death: &Death, at: Timestamp) {
        for document in self.open.close_all(death, at, new_id) {
            self.report.closed += 1;
            self.push(document);
        }
    }

    /// The platform measured an invocation.
    pub(super) fn tell(&mut self, ending: &Ending, usage: &Usage) {
        let told = self.platform.tell(ending, usage, new_id);
        if let Some(document) = told.filter(|_| !self.is_last) {
            self.report.told += 1;
            self.push(document);
        }
    }

    /// Whether the last flush has begun.
    pub(super) fn is_last(&self) -> bool {
        self.is_last
    }

    /// An invocation ended; its trace is worth keeping for that if something went wrong.
    pub(super) fn failed(&mut self, ending: &Ending) {
        if let (Some(undecided), Some(trace), true) =
            (&mut self.undecided, &ending.trace, ending.failed)
        {
            undecided.has_failed(trace.root);
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

fn new_id() -> EntityId {
    EntityId::from_bytes(fastrand::u64(1..).to_be_bytes())
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
