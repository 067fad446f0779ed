//! What went wrong with a call: for an error that the service told, its code and message, from whichever place its protocol has for them.
//!
//! The SDK has them in typed errors, which nobody can read without the service's crate; the bytes are all that is the same everywhere.

use std::error::Error;

use aws_smithy_runtime_api::client::interceptors::context::Error as ServiceError;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use serde_json::Value;
use xray_segment::document::{Cause, Exception};
use xray_segment::name::cut;
use xray_segment::{Document, EntityId};

use super::json;
use super::row::Parameter;
use crate::cause::Failure;

/// Characters of a message that are kept: some services send whole policies.
const MESSAGE_CHARS: usize = 1000;

const CODES: &[Parameter] = &[Parameter::json("__type"), Parameter::json("code")];

const MESSAGES: &[Parameter] = &[
    Parameter::json("message"),
    Parameter::json("Message"),
    Parameter::json("errorMessage"),
];

/// The codes by which services say that they are asked too often, besides a status of 429.
const THROTTLES: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Why a call failed.
pub(super) enum Failed {
    /// The service says so.
    There {
        kind: String,
        message: String,
        /// It is the service's doing: a status of 5xx, or of 2xx, as S3 has it when a copy fails that had begun.
        fault: bool,
    },
    /// It was not sent, not answered, or not understood.
    Here(Failure),
}

impl Failed {
    /// The error that the call ends with, and the response it was made of.
    pub(super) fn of(
        error: &OrchestratorError<ServiceError>,
        response: Option<&HttpResponse>,
    ) -> Self {
        if let (Some(error), Some(response)) = (error.as_operation_error(), response) {
            let told = Told::by(response);
            let status = response.status();
            if told.code.is_some() || !status.is_success() {
                return Self::There {
                    fault: status.is_success() || status.is_server_error(),
                    kind: told.code.unwrap_or_else(|| variant(error)),
                    message: told.message.unwrap_or_else(|| error.to_string()),
                };
            }
        }
        Self::Here(Failure::of_error(error.source().unwrap_or(error)))
    }

    /// Writes the cause, and the flags that the response's status has not set.
    pub(super) fn tell(
        self,
        document: &mut Document<'static>,
        next_id: &mut dyn FnMut() -> EntityId,
    ) {
        let (kind, message, fault) = match self {
            Self::There {
                kind,
                message,
                fault,
            } => (kind, message, fault),
            Self::Here(failure) => {
                document.fault = true;
                document.cause = Some(failure.into_cause(next_id));
                return;
            }
        };
        document.throttle |= THROTTLES.contains(&kind.as_str());
        document.fault |= fault;
        document.error |= !fault;
        let exception = Exception {
            remote: true,
            ..Exception::new(next_id(), kind, message)
        };
        document.cause = Some(Cause::new(vec![exception]));
    }
}

/// What the SDK calls an error that came without a code, as the answer to a `HEAD` does.
fn variant(error: &ServiceError) -> String {
    let debug = format!("{error:?}");
    let debug = debug
        .rsplit_once("TypeErasedError:")
        .map_or(&*debug, |(_, rest)| rest);
    let letters = debug.split(|letter: char| !letter.is_alphanumeric());
    letters.into_iter().next().unwrap_or_default().to_owned()
}

/// An error as the service told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    code: Option<String>,
    message: Option<String>,
}

impl Told {
    /// The error in a response whose body has been read.
    fn by(response: &HttpResponse) -> Self {
        let body = response.body().bytes().unwrap_or_default();
        let header = response.headers().get("x-amzn-errortype");
        let told = match body.trim_ascii_start().first() {
            Some(b'<') => Self::in_xml(body),
            _ => Self::in_json(body),
        };
        let code = header.map(str::to_owned).or(told.code);
        Self {
            code: code.map(|code| bare(&code).to_owned()),
            message: told.message,
        }
    }

    fn in_json(body: &[u8]) -> Self {
        let first = |wanted| {
            let found = json::pick(body, wanted).into_iter();
            found.map(|(_, value)| value).find_map(text)
        };
        Self {
            code: first(CODES),
            message: first(MESSAGES),
        }
    }

    fn in_xml(body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body);
        Self {
            code: element(&body, "<Code>", "</Code>"),
            message: element(&body, "<Message>", "</Message>"),
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(cut(&text, MESSAGE_CHARS).to_owned()),
        _ => None,
    }
}

/// `com.amazonaws.sqs#QueueDoesNotExist` and `ResourceNotFoundException:http://…` without what is around the name.
fn bare(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default()
}

/// The text between two tags. Errors are small and flat, so that this is all the XML there is to know.
fn element(body: &str, open: &str, close: &str) -> Option<String> {
    let (_, rest) = body.split_once(open)?;
    let (text, _) = rest.split_once(close)?;
    let text = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    });
    Some(cut(&text, MESSAGE_CHARS).to_owned())
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;
    use proptest::prelude::*;

    use super::*;

    fn told(header: Option<&'static str>, body: &'static str) -> (Option<String>, Option<String>) {
        let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
        if let Some(header) = header {
            response.headers_mut().insert("x-amzn-errortype", header);
        }
        let told = Told::by(&response);
        (told.code, told.message)
    }

    #[test]
    fn each_protocol_has_its_place_for_code_and_message() {
        let some = |code: &str, message: &str| (Some(code.to_owned()), Some(message.to_owned()));
        let json = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no queue"}"#;
        assert_eq!(told(None, json), some("QueueDoesNotExist", "no queue"));
        let rest = r#"{"Message":"no function"}"#;
        let header = "ResourceNotFoundException:http://internal.amazon.com/";
        assert_eq!(
            told(Some(header), rest),
            some("ResourceNotFoundException", "no function")
        );
        let xml = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>&lt;a&amp;lt;&gt;</Message></Error>";
        assert_eq!(told(None, xml), some("NoSuchKey", "<a&lt;>"));
        let query = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>no topic</Message></Error></ErrorResponse>";
        assert_eq!(told(None, query), some("NotFound", "no topic"));
    }

    #[test]
    fn what_says_nothing_tells_nothing() {
        for body in ["", "<", "<Code>", "{", r#"{"__type":1}"#, "\u{0}"] {
            assert_eq!(told(None, body), (None, None));
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read(kind in 0..3_usize, body: Vec<u8>) {
            let begin = [&b""[..], b"<Code>", b"{\"__type\":"][kind];
            let body = SdkBody::from([begin, &body].concat());
            let _ = Told::by(&HttpResponse::new(400.try_into().unwrap(), body));
        }
    }
}
