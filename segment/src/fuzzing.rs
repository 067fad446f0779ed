//! The bodies of the fuzz targets, one for each reader of bytes from outside.
//!
//! They live here so that a stable test replays the corpus; the targets in `fuzz/` are one line each.

use serde_json::Value;

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
    let again = serde_json::from_str::<Document<'_>>(&printed);
    assert!(again.is_ok_and(|again| alike(&value(&again.to_json()), &value(&printed))));
    if document.trace_id.is_none() {
        return;
    }
    for part in split(document, limits::DOCUMENT_BYTES) {
        assert!(part.to_json().len() <= limits::DOCUMENT_BYTES);
    }
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// Whether both say the same, but for the last digits of a float: reading one of more than 15 digits may change them.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() <= one.abs() * 4.0 * f64::EPSILON,
            _ => one == other,
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(key, one)| other.get(key).is_some_and(|other| alike(one, other));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}
