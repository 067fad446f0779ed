//! The bodies of the fuzz targets, one for each reader of bytes from outside.
//!
//! They live here so that a stable test replays the corpus; the targets in `fuzz/` are one line each.

use crate::document::State;
use crate::split::split;
use crate::{Document, Route, TraceHeader, TraceId, datagram::Datagram, limits};

/// Any datagram: what is read is written back as the same.
pub fn datagram(bytes: &[u8]) {
    if let Ok(datagram) = Datagram::parse(bytes) {
        let written = datagram.to_bytes();
        assert_eq!(Datagram::parse(&written).as_ref(), Ok(&datagram));
    }
}

/// Any trace header or trace id: what is read is printed back as the same.
pub fn header(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(header) = TraceHeader::parse(text) {
        assert_eq!(TraceHeader::parse(&header.to_string()), Ok(header));
    }
    if let Ok(id) = TraceId::parse(text) {
        assert_eq!(TraceId::parse(&id.to_string()), Ok(id));
    }
}

/// Any document: routed, parsed, printed, and split so that each part fits.
pub fn document(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let routed = Route::parse(text);
    let Ok(document) = serde_json::from_str::<Document<'_>>(text) else {
        return;
    };
    assert!(routed.is_ok(), "a document that parses can be routed");
    let printed = document.to_json();
    let again = serde_json::from_str::<Document<'_>>(&printed).ok();
    assert!(again.is_some(), "what is printed can be read");
    if has_exact_times(&document) {
        assert_eq!(again.as_ref(), Some(&document));
    }
    if document.trace_id.is_none() {
        return;
    }
    for part in split(document, limits::DOCUMENT_BYTES) {
        assert!(part.to_json().len() <= limits::DOCUMENT_BYTES);
    }
}

/// A float holds each microsecond until 2038; what is said to be later may change by one when it is printed.
fn has_exact_times(document: &Document<'_>) -> bool {
    const EXACT: u64 = (1 << 31) * 1_000_000;
    let end = match document.state {
        State::Ended(end) => end,
        State::InProgress => document.start_time,
    };
    document.start_time.as_micros().max(end.as_micros()) < EXACT
        && document.subsegments.iter().all(has_exact_times)
}
