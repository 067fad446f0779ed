//! Errors in both places clients look: botocore and the Go SDK in the header `x-amzn-ErrorType`, others in `__type`.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use thiserror::Error;

use crate::refusal::Refusal;
use crate::store::StoreError;

/// Where botocore and the SDK for Go look.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Why an operation was not done, in the words of the API.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum ApiError {
    /// The request is wrong; the text says what to change.
    #[error("{0}")]
    InvalidRequest(String),
    /// Nothing is at this path.
    #[error("xray-local has no operation at this path; look at its spelling, or ask AWS")]
    UnknownOperation,
    /// The request comes from a page that must not speak with this service.
    #[error("{0}")]
    Forbidden(String),
    /// The body is larger than the limit.
    #[error("the body has more than {0} bytes; send fewer documents at once")]
    TooLarge(usize),
    /// The body did not come in time.
    #[error("the body did not arrive in time; send it again")]
    Timeout,
    /// Everybody who may watch does.
    #[error("too many pages watch at once; close one")]
    TooManyWatchers,
    /// A resource was not made, changed or found.
    #[error(transparent)]
    Refused(Refusal),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => Self::Store(error),
            Refusal::Invalid(text) => Self::InvalidRequest(text),
            refusal => Self::Refused(refusal),
        }
    }
}

impl ApiError {
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self::InvalidRequest(text.into())
    }

    const fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, "InvalidRequestException"),
            Self::UnknownOperation => (StatusCode::NOT_FOUND, "UnknownOperationException"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "AccessDeniedException"),
            Self::TooLarge(_) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLargeException",
            ),
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "RequestTimeoutException"),
            Self::TooManyWatchers => (StatusCode::TOO_MANY_REQUESTS, "ThrottledException"),
            Self::Refused(Refusal::NotFound { .. }) => {
                (StatusCode::NOT_FOUND, "ResourceNotFoundException")
            }
            Self::Refused(refusal) => (StatusCode::BAD_REQUEST, name(refusal)),
            // Clients try a 5xx again.
            Self::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code) = self.code();
        let mut body = json!({ "__type": code, "Message": self.to_string() });
        if let (Self::Refused(refusal), Some(fields)) = (&self, body.as_object_mut()) {
            let resource = refusal
                .resource()
                .map(|it| ("ResourceName".to_owned(), it.into()));
            fields.extend(resource);
        }
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (ERROR_TYPE, HeaderValue::from_static(code)),
        ];
        (status, headers, body.to_string()).into_response()
    }
}

/// The error's name in the API's model, where the status is 400.
const fn name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::RuleLimitExceeded => "RuleLimitExceededException",
        Refusal::TooManyTags(_) => "TooManyTagsException",
        Refusal::MalformedPolicy(_) => "MalformedPolicyDocumentException",
        Refusal::Lockout => "LockoutPreventionException",
        Refusal::PolicyRevision(_) => "InvalidPolicyRevisionIdException",
        Refusal::PolicySize => "PolicySizeLimitExceededException",
        Refusal::PolicyCount => "PolicyCountLimitExceededException",
        Refusal::Invalid(_) | Refusal::NotFound { .. } | Refusal::Store(_) => {
            "InvalidRequestException"
        }
    }
}

/// The answer where no route fits.
pub(super) async fn unknown_operation() -> ApiError {
    ApiError::UnknownOperation
}
