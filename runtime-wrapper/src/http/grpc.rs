//! The status of a gRPC call, which comes with an HTTP status of 200: in the head where there is no body, as with most errors; otherwise in a trailer, which
//! nobody here sees.
//!
//! Which are the caller's doing and which the callee's is as X-Ray's SDK for Go has it.

use ::http::HeaderMap;
use xray_segment::Document;

/// Sets the flags that belong to a status that is not `OK`.
pub(super) fn flag(document: &mut Document<'_>, headers: &HeaderMap) {
    let status = headers.get("grpc-status");
    match status.map_or(b"0".as_slice(), |status| status.as_bytes()) {
        // Unknown, DeadlineExceeded, Unimplemented, Internal, Unavailable, DataLoss.
        b"2" | b"4" | b"12" | b"13" | b"14" | b"15" => document.fault = true,
        // ResourceExhausted; a throttle is an error wherever X-Ray counts.
        b"8" => (document.error, document.throttle) = (true, true),
        // Cancelled, InvalidArgument, NotFound, AlreadyExists, PermissionDenied, FailedPrecondition, Aborted, OutOfRange, Unauthenticated.
        b"1" | b"3" | b"5" | b"6" | b"7" | b"9" | b"10" | b"11" | b"16" => document.error = true,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use xray_segment::{EntityId, Timestamp};

    use super::*;

    #[test]
    fn each_status_has_its_flags() {
        let letters = |status: usize| {
            let start = Timestamp::from_micros(0);
            let mut document = Document::subsegment("call", EntityId::from_bytes([1; 8]), start);
            let mut headers = HeaderMap::new();
            headers.insert("grpc-status", status.into());
            flag(&mut document, &headers);
            let Document {
                error,
                throttle,
                fault,
                ..
            } = document;
            match (error, throttle, fault) {
                (false, false, false) => '-',
                (true, false, false) => 'e',
                (true, true, false) => 't',
                (false, false, true) => 'f',
                other => panic!("{other:?}"),
            }
        };
        let all: String = (0..18).map(letters).collect();
        assert_eq!(all, "-efefeeeteeeffffe-");
    }
}
