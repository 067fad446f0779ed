//! Answers in the form of the APIs: a status and a JSON body that names the error.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// A whole answer.
pub(crate) type Answer = Response<Full<Bytes>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'b> {
    error_message: &'b str,
    error_type: &'b str,
}

/// 200 with a JSON body.
pub(crate) fn ok(body: &impl Serialize) -> Answer {
    json(StatusCode::OK, body)
}

/// 202, what reports and responses get.
pub(crate) fn accepted() -> Answer {
    json(StatusCode::ACCEPTED, &serde_json::json!({"status": "OK"}))
}

/// An error of this type.
pub(crate) fn error(status: StatusCode, error_type: &str, error_message: &str) -> Answer {
    json(status, &ErrorBody { error_message, error_type })
}

/// 403, the APIs' answer to nearly everything that does not fit.
pub(crate) fn forbidden(error_type: &str, error_message: &str) -> Answer {
    error(StatusCode::FORBIDDEN, error_type, error_message)
}

/// 403 for a call that does not fit the state its caller is in.
pub(crate) fn invalid_state(error_type: &str, state: &str, call: &str) -> Answer {
    forbidden(error_type, &format!("State transition failed: {call} is not allowed in state {state}"))
}

pub(super) fn too_large(limit: usize) -> Answer {
    let message = format!("Exceeded maximum allowed payload size ({limit} bytes).");
    error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

pub(super) fn truncated() -> Answer {
    error(StatusCode::BAD_REQUEST, "TruncatedHTTPRequest", "HTTP request detected as truncated")
}

/// The same answer with one more header; a value no header can have is left out.
pub(crate) fn with_header(mut answer: Answer, name: &'static str, value: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(HeaderName::from_static(name), value);
    }
    answer
}

/// 200 with a body as it is.
pub(super) fn verbatim(body: Bytes) -> Answer {
    with_type(Response::new(Full::new(body)))
}

fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    with_type(answer)
}

fn with_type(answer: Answer) -> Answer {
    with_header(answer, "content-type", "application/json")
}
