//! One call: its subsegment, the header its request carries, and what of its end is said.

use std::error::Error;

use ::http::header::CONTENT_LENGTH;
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use xray_segment::document::{Http, HttpRequest, HttpResponse, Namespace};
use xray_segment::limits::TEXT_CHARS;
use xray_segment::name::cut;

use super::address::Address;
use crate::{Context, Subsegment};

const HEADER: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Opens the subsegment of a call made from here, and puts its header on the request.
pub(super) fn begin(method: &Method, uri: &Uri, headers: &mut HeaderMap) -> Subsegment {
    let subsegment = open(method, uri, headers);
    let header = subsegment.trace_header();
    let value = header.and_then(|header| HeaderValue::try_from(header.to_string()).ok());
    // A header that HTTP does not allow is not sent.
    if let Some(value) = value {
        headers.insert(HEADER, value);
    }
    subsegment
}

fn open(method: &Method, uri: &Uri, headers: &HeaderMap) -> Subsegment {
    let here = Context::current();
    if !here.is_recorded() {
        // Nothing, at no cost: it only knows the header.
        return here.subsegment("");
    }
    let Address { name, url } = Address::of(uri, headers);
    let subsegment = here.subsegment(&name);
    subsegment.http(Http {
        request: Some(HttpRequest {
            method: Some(cut(method.as_str(), TEXT_CHARS).to_owned().into()),
            url: Some(url.into()),
            ..HttpRequest::default()
        }),
        response: None,
    });
    subsegment.namespace(Namespace::Remote);
    subsegment
}

/// Says how it was answered.
pub(super) fn answered(context: &Context, status: StatusCode, headers: &HeaderMap) {
    if let Some((recording, entry)) = context.recording() {
        let status = status.as_u16();
        let length = headers.get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        recording.edit(entry, |document, _| {
            document.flag_status(status);
            document.http.get_or_insert_default().response = Some(HttpResponse {
                status: Some(status),
                content_length: length,
            });
        });
    }
}

/// Says why there was no answer.
pub(super) fn failed(context: &Context, error: &(dyn Error + 'static)) {
    context.fail(error);
}
