//! Documents as services send them, in few words.

use serde_json::{Value, json};

/// The trace most tests are about.
pub(crate) const TRACE: &str = "1-6502e9a0-0123456789abcdef01234567";
/// A time long enough ago that nothing depends on the clock.
pub(crate) const START: f64 = 1_694_689_696.0;

/// A segment of [`TRACE`] from `from` to `to` seconds after [`START`], with further fields.
pub(crate) fn segment(id: &str, name: &str, (from, to): (f64, f64), more: Value) -> Value {
    let fields = json!({
        "id": id, "name": name, "trace_id": TRACE, "start_time": START + from, "end_time": START + to,
    });
    with(fields, more)
}

/// An independent subsegment under `parent`.
pub(crate) fn subsegment(
    id: &str,
    name: &str,
    parent: &str,
    span: (f64, f64),
    more: Value,
) -> Value {
    let fields = json!({ "type": "subsegment", "parent_id": parent });
    with(segment(id, name, span, fields), more)
}

/// The document as it is while it goes on.
pub(crate) fn in_progress(mut document: Value) -> Value {
    let fields = document.as_object_mut().unwrap();
    fields.remove("end_time");
    fields.insert("in_progress".to_owned(), json!(true));
    document
}

/// The document with further fields.
pub(crate) fn with(mut document: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut document, more) {
        fields.extend(more);
    }
    document
}

/// A trace id of which there are many.
pub(crate) fn trace_id(number: usize) -> String {
    format!("1-6502e9a0-{number:024x}")
}
