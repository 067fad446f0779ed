//! One call: its subsegment, the header its request carries, and what of its end is said.

use ::http::header::CONTENT_LENGTH;
use ::http::{HeaderMap, HeaderName, Method, StatusCode};
use xray_segment::document::{Http, HttpRequest, HttpResponse, Namespace};
use xray_segment::limits::TEXT_CHARS;
use xray_segment::name::cut;

use super::address::Address;
use super::grpc;
use crate::{Context, Subsegment};

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Opens the subsegment of a call made from here; the address is asked for where that is recorded.
pub(super) fn open(method: &Method, address: impl FnOnce() -> Address) -> Subsegment {
    let here = Context::current();
    if !here.is_recorded() {
        // It costs nothing, and knows the header.
        return here.subsegment("");
    }
    let address = address();
    let subsegment = here.subsegment(address.name());
    subsegment.http(Http {
        request: Some(HttpRequest {
            method: Some(cut(method.as_str(), TEXT_CHARS).to_owned().into()),
            url: Some(address.url.into()),
            ..HttpRequest::default()
        }),
        response: None,
    });
    subsegment.namespace(Namespace::Remote);
    subsegment
}

/// Puts the header on the request that makes the callee's segment a child of this one.
pub(super) fn send_header(context: &Context, headers: &mut HeaderMap) {
    let header = context.trace_header();
    // A header that HTTP does not allow is not sent.
    if let Some(value) = header.and_then(|header| header.to_string().try_into().ok()) {
        headers.insert(HEADER, value);
    }
}

/// Says how it was answered.
pub(super) fn answered(
    context: &Context,
    status: StatusCode,
    headers: &HeaderMap,
    length: Option<u64>,
) {
    if let Some((recording, entry)) = context.recording() {
        let status = status.as_u16();
        recording.edit(entry, |document, _| {
            document.flag_status(status);
            grpc::flag(document, headers);
            document.http.get_or_insert_default().response = Some(HttpResponse {
                status: Some(status),
                content_length: length,
            });
        });
    }
}

/// The bytes of the body, where the head says it.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
