//! Requests, read and checked as far as that needs no state: which path, which headers, which body make which demand.

use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};
use serde::Deserialize;

use super::Body;
use super::answer::Refusal;
use super::call::{Demand, EventKind, Registration, RuntimeReport};

pub(super) const FUNCTION_ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const XRAY_ERROR_CAUSE: &str = "lambda-runtime-function-xray-error-cause";
const EXTENSION_NAME: &str = "lambda-extension-name";
const EXTENSION_IDENTIFIER: &str = "lambda-extension-identifier";
const EXTENSION_ERROR_TYPE: &str = "lambda-extension-function-error-type";
const ACCEPT_FEATURE: &str = "lambda-extension-accept-feature";

#[derive(Deserialize)]
struct RegisterBody {
    #[serde(default)]
    events: Vec<String>,
}

/// A request without its body.
pub(super) enum Route {
    RuntimeNext,
    /// Of a runtime that is to be restored from a snapshot: it is answered then.
    RestoreNext,
    Response {
        request_id: String,
    },
    Error {
        request_id: String,
        error_type: String,
        xray_cause: Option<String>,
    },
    RuntimeInitError {
        error_type: String,
    },
    Register {
        name: String,
        wants_account: bool,
    },
    ExtensionNext {
        identifier: String,
    },
    ExtensionError {
        identifier: String,
        error_type: String,
        init: bool,
    },
    Subscribe {
        identifier: String,
    },
}

/// What a request is for; the error is its answer.
pub(super) fn route(parts: &Parts) -> Result<Route, Refusal> {
    let path: Vec<&str> = parts
        .uri
        .path()
        .trim_start_matches('/')
        .split('/')
        .collect();
    match path.as_slice() {
        ["2018-06-01", "runtime", rest @ ..] => runtime_route(&parts.method, rest, &parts.headers),
        ["2020-01-01", "extension", rest @ ..] => {
            extension_route(&parts.method, rest, &parts.headers)
        }
        ["2022-07-01", "telemetry"] if parts.method == Method::PUT => Ok(Route::Subscribe {
            identifier: identifier(&parts.headers)?,
        }),
        _ => Err(no_such_route()),
    }
}

fn runtime_route(method: &Method, path: &[&str], headers: &HeaderMap) -> Result<Route, Refusal> {
    let error_type = || {
        header(headers, FUNCTION_ERROR_TYPE)
            .unwrap_or("Runtime.Unknown")
            .to_owned()
    };
    match (method, path) {
        (&Method::GET, ["invocation", "next"]) => Ok(Route::RuntimeNext),
        (&Method::GET, ["restore", "next"]) => Ok(Route::RestoreNext),
        (&Method::POST, ["invocation", id, "response"]) => Ok(Route::Response {
            request_id: (*id).to_owned(),
        }),
        (&Method::POST, ["invocation", id, "error"]) => Ok(Route::Error {
            request_id: (*id).to_owned(),
            error_type: error_type(),
            xray_cause: header(headers, XRAY_ERROR_CAUSE).map(str::to_owned),
        }),
        (&Method::POST, ["init", "error"]) => Ok(Route::RuntimeInitError {
            error_type: error_type(),
        }),
        _ => Err(no_such_route()),
    }
}

fn extension_route(method: &Method, path: &[&str], headers: &HeaderMap) -> Result<Route, Refusal> {
    match (method, path) {
        (&Method::POST, ["register"]) => register_route(headers),
        (&Method::GET, ["event", "next"]) => Ok(Route::ExtensionNext {
            identifier: identifier(headers)?,
        }),
        (&Method::POST, [phase @ ("init" | "exit"), "error"]) => Ok(Route::ExtensionError {
            identifier: identifier(headers)?,
            error_type: extension_error_type(headers)?,
            init: *phase == "init",
        }),
        _ => Err(no_such_route()),
    }
}

fn register_route(headers: &HeaderMap) -> Result<Route, Refusal> {
    let name = header(headers, EXTENSION_NAME).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| {
        Refusal::forbidden("Extension.InvalidExtensionName", "Empty extension name")
    })?;
    let features = header(headers, ACCEPT_FEATURE).unwrap_or_default();
    let wants_account = features
        .split(',')
        .any(|feature| feature.trim() == "accountId");
    Ok(Route::Register {
        name: name.to_owned(),
        wants_account,
    })
}

fn identifier(headers: &HeaderMap) -> Result<String, Refusal> {
    let Some(identifier) = header(headers, EXTENSION_IDENTIFIER) else {
        let message = "Missing Lambda-Extension-Identifier header";
        return Err(Refusal::forbidden(
            "Extension.MissingExtensionIdentifier",
            message,
        ));
    };
    if identifier.len() == 36
        && identifier
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    {
        return Ok(identifier.to_owned());
    }
    let message = "Invalid Lambda-Extension-Identifier";
    Err(Refusal::forbidden(
        "Extension.InvalidExtensionIdentifier",
        message,
    ))
}

fn extension_error_type(headers: &HeaderMap) -> Result<String, Refusal> {
    let missing = || {
        Refusal::forbidden(
            "Extension.MissingHeader",
            "Lambda-Extension-Function-Error-Type not found",
        )
    };
    header(headers, EXTENSION_ERROR_TYPE)
        .map(str::to_owned)
        .ok_or_else(missing)
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn no_such_route() -> Refusal {
    let message = "no API of the environment has this path and method";
    Refusal::new(StatusCode::NOT_FOUND, "NotFound", message)
}

impl Route {
    /// Whether the body is the function's answer, which has a limit of its own and an error of its own.
    pub(super) fn takes_a_response(&self) -> bool {
        matches!(self, Self::Response { .. })
    }

    /// The whole demand; the error is the request's answer.
    pub(super) fn with_body(self, body: Body) -> Result<Demand, Refusal> {
        Ok(match self {
            Self::RuntimeNext => Demand::RuntimeNext,
            Self::RestoreNext => Demand::RestoreNext,
            Self::Response { request_id } => Demand::RuntimeReport {
                request_id,
                report: response(body),
            },
            Self::Error {
                request_id,
                error_type,
                xray_cause,
            } => Demand::RuntimeReport {
                request_id,
                report: RuntimeReport::Error {
                    error_type,
                    xray_cause,
                    body: body.bytes,
                },
            },
            Self::RuntimeInitError { error_type } => Demand::RuntimeInitError {
                error_type,
                body: body.bytes,
            },
            Self::Register {
                name,
                wants_account,
            } => Demand::Register(Registration {
                name,
                events: events(&body.bytes)?,
                wants_account,
            }),
            Self::ExtensionNext { identifier } => Demand::ExtensionNext { identifier },
            Self::ExtensionError {
                identifier,
                error_type,
                init,
            } => Demand::ExtensionError {
                identifier,
                error_type,
                init,
            },
            Self::Subscribe { identifier } => Demand::Subscribe {
                identifier,
                body: body.bytes,
            },
        })
    }
}

fn response(body: Body) -> RuntimeReport {
    match body {
        Body {
            is_too_large: true, ..
        } => RuntimeReport::TooLarge,
        Body {
            error_type: Some(error_type),
            bytes,
            ..
        } => RuntimeReport::Error {
            error_type,
            xray_cause: None,
            body: bytes,
        },
        Body { bytes, .. } => RuntimeReport::Response(bytes),
    }
}

fn events(body: &[u8]) -> Result<Vec<EventKind>, Refusal> {
    let body: RegisterBody = serde_json::from_slice(body)
        .map_err(|error| Refusal::forbidden("InvalidRequestFormat", error.to_string()))?;
    body.events.iter().map(|event| event_kind(event)).collect()
}

fn event_kind(name: &str) -> Result<EventKind, Refusal> {
    match name {
        "INVOKE" => Ok(EventKind::Invoke),
        "SHUTDOWN" => Ok(EventKind::Shutdown),
        other => Err(Refusal::forbidden(
            "Extension.InvalidEventType",
            format!("{other}: no such event"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Answer;
    use super::*;
    use hyper::Request;

    fn status(method: &str, path: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        route(&parts).map(|_| ())
    }

    #[test]
    fn the_paths_of_the_three_apis() {
        let extension = [(EXTENSION_IDENTIFIER, "5a4db0c5-0000-4000-8000-0123456789ab")];
        let failing = [extension[0], (EXTENSION_ERROR_TYPE, "Extension.X")];
        for (method, path, headers) in [
            ("GET", "/2018-06-01/runtime/invocation/next", &[][..]),
            ("POST", "/2018-06-01/runtime/invocation/1/response", &[]),
            ("POST", "/2018-06-01/runtime/invocation/1/error", &[]),
            ("POST", "/2018-06-01/runtime/init/error", &[]),
            (
                "POST",
                "/2020-01-01/extension/register",
                &[(EXTENSION_NAME, "one")],
            ),
            ("GET", "/2020-01-01/extension/event/next", &extension),
            ("POST", "/2020-01-01/extension/init/error", &failing),
            ("POST", "/2020-01-01/extension/exit/error", &failing),
            ("PUT", "/2022-07-01/telemetry", &extension),
        ] {
            assert_eq!(status(method, path, headers), Ok(()), "{method} {path}");
        }
    }

    #[test]
    fn what_needs_no_state_to_be_refused() {
        let refused = |path, headers: &[(&str, &str)]| {
            status("POST", path, headers)
                .map_err(Answer::from)
                .unwrap_err()
                .status()
                .as_u16()
        };
        assert_eq!(refused("/2018-06-01/runtime/invocation/next", &[]), 404);
        assert_eq!(refused("/", &[]), 404);
        assert_eq!(refused("/2020-01-01/extension/register", &[]), 403);
        assert_eq!(
            refused(
                "/2020-01-01/extension/exit/error",
                &[(EXTENSION_IDENTIFIER, "x")]
            ),
            403
        );
        assert_eq!(
            events(b"{").map_err(Answer::from).unwrap_err().status(),
            403
        );
        assert_eq!(
            events(br#"{"events":["RESTORE"]}"#)
                .map_err(Answer::from)
                .unwrap_err()
                .status(),
            403
        );
        assert_eq!(
            events(br#"{"events":["INVOKE","SHUTDOWN"]}"#)
                .unwrap()
                .len(),
            2
        );
    }
}
