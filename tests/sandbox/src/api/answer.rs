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

/// 202 for what was taken and will not be done.
pub(crate) fn accepted_only(error_type: &'static str, message: &str) -> Answer {
    Refusal::new(StatusCode::ACCEPTED, error_type, message).into()
}

/// 202, what reports and responses get.
pub(crate) fn accepted() -> Answer {
    json(StatusCode::ACCEPTED, &serde_json::json!({"status": "OK"}))
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    error_type: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(
        status: StatusCode,
        error_type: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            error_type,
            message: message.into(),
        }
    }

    /// 403, the APIs' answer to nearly everything that does not fit.
    pub(crate) fn forbidden(error_type: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, error_type, message)
    }

    /// 403 for a call that does not fit the state its caller is in.
    pub(crate) fn invalid_state(error_type: &'static str, state: &str, call: &str) -> Self {
        let message = format!("State transition failed: {call} is not allowed in state {state}");
        Self::forbidden(error_type, message)
    }

    /// 413 for a body over this limit in bytes.
    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("Exceeded maximum allowed payload size ({limit} bytes).");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            message,
        )
    }

    /// 400 for a body that ended before its end.
    pub(super) fn truncated() -> Self {
        let message = "HTTP request detected as truncated";
        Self::new(StatusCode::BAD_REQUEST, "TruncatedHTTPRequest", message)
    }

    /// 500: the sandbox itself could not.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            message,
        )
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let body = ErrorBody {
            error_message: &refusal.message,
            error_type: refusal.error_type,
        };
        json(refusal.status, &body)
    }
}

/// The same answer with one more header; a value no header can have is left out.
pub(crate) fn with_header(mut answer: Answer, name: &'static str, value: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        answer
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
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
