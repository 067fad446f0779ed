//! How a call of gRPC ended, by its code: whose mistake it was, as X-Ray flags it.

use serde_json::Value;
use xray_segment::Document;

use super::fields::text;

/// The names of the codes, from 0.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Those of the callee's mistakes, as OpenTelemetry's conventions have them.
const FAULTS: [&str; 6] = [
    "UNKNOWN",
    "DEADLINE_EXCEEDED",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
];

/// Flags what a code says, which may be a number or a name; what is no code says nothing.
pub(super) fn flag(document: &mut Document<'static>, code: &Value) {
    let code = text(code);
    let name = match code.parse::<usize>() {
        Ok(number) => CODES.get(number).copied(),
        Err(_) => CODES.iter().copied().find(|name| *name == code),
    };
    match name {
        None | Some("OK") => {}
        Some(name) if FAULTS.contains(&name) => document.fault = true,
        Some(name) => {
            document.error = true;
            document.throttle |= name == "RESOURCE_EXHAUSTED";
        }
    }
}
