//! The calls an extension makes, and no more: register, subscribe, next.
//!
//! `lambda-extension`'s own loop was left out; why, and what that costs: `docs/decisions/0002-extensions-client.md`.

use std::time::SystemTime;

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};
use serde_json::json;
use thiserror::Error;

use super::Turn;
use crate::http::{Connection, HttpError, Target};

const IDENTIFIER: &str = "lambda-extension-identifier";

/// Where Lambda's API is: `host:port`, or a URL with a path before each call's own, as `cargo lambda watch` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeApi(String);

impl RuntimeApi {
    /// Reads `AWS_LAMBDA_RUNTIME_API`.
    pub fn parse(text: &str) -> Self {
        let text = text.trim_end_matches('/');
        Self(if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// Why a call got no good answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The API's address is no URL.
    #[error(
        "AWS_LAMBDA_RUNTIME_API is {0:?}, which is no address: it takes host:port or a URL with http://"
    )]
    Address(String),
    /// Nobody answered.
    #[error("Lambda's API did not answer {call}: {reason}")]
    Http {
        /// The call.
        call: &'static str,
        /// What happened.
        reason: String,
    },
    /// The answer is a refusal.
    #[error("Lambda's API refused {call} with {status}: {body}")]
    Refused {
        /// The call.
        call: &'static str,
        /// The answer's status.
        status: StatusCode,
        /// The answer's text.
        body: String,
    },
}

impl ClientError {
    /// Its kind in a few words; each is said once.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Address(_) => "api address",
            Self::Http { call, .. } | Self::Refused { call, .. } => call,
        }
    }
}

/// Whether telemetry will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// It was promised; some emulators promise and do not deliver.
    Promised,
    /// It was refused, or accepted by an emulator that says that it has none.
    Absent,
}

/// A connection to Lambda's API, opened again when it breaks.
#[derive(Debug)]
pub struct Client {
    api: RuntimeApi,
    identifier: String,
    connection: Option<Connection>,
}

impl Client {
    /// A client that has not called yet.
    pub fn new(api: RuntimeApi) -> Self {
        Self {
            api,
            identifier: String::new(),
            connection: None,
        }
    }

    /// Registers under `name`, the file name of the executable, for these events.
    pub async fn register(&mut self, name: &str, events: &[&str]) -> Result<(), ClientError> {
        let request = self
            .request(Method::POST, "/2020-01-01/extension/register")
            .header("lambda-extension-name", name);
        let answer = self
            .call("register", request, json!({ "events": events }).to_string())
            .await?;
        let identifier = answer
            .headers()
            .get(IDENTIFIER)
            .and_then(|value| value.to_str().ok());
        identifier
            .unwrap_or_default()
            .clone_into(&mut self.identifier);
        Ok(())
    }

    /// Asks for telemetry of these types at `port`, as soon as Lambda will send it.
    pub async fn subscribe(
        &mut self,
        schema: &str,
        types: &[&str],
        port: u16,
    ) -> Result<Subscription, ClientError> {
        let body = json!({
            "schemaVersion": schema,
            "types": types,
            // The least of everything that Lambda allows: each millisecond is billed.
            "buffering": { "maxItems": 1000, "maxBytes": 262_144, "timeoutMs": 25 },
            "destination": { "protocol": "HTTP", "URI": format!("http://sandbox.localdomain:{port}") },
        });
        let request = self.request(Method::PUT, "/2022-07-01/telemetry");
        let answer = self.call("telemetry", request, body.to_string()).await?;
        Ok(match answer.status() {
            StatusCode::ACCEPTED => Subscription::Absent,
            _ => Subscription::Promised,
        })
    }

    /// Says that nothing more is to be done now, and waits for what comes next: for as long as it takes, the process may be frozen meanwhile.
    pub async fn next(&mut self) -> Result<Turn, ClientError> {
        let request = self.request(Method::GET, "/2020-01-01/extension/event/next");
        let answer = self.call("next", request, String::new()).await?;
        Ok(Turn::parse(answer.body(), SystemTime::now()))
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(self.api.url(path));
        if self.identifier.is_empty() {
            return request;
        }
        request.header(IDENTIFIER, &self.identifier)
    }

    async fn call(
        &mut self,
        call: &'static str,
        request: http::request::Builder,
        body: String,
    ) -> Result<Response<Bytes>, ClientError> {
        let body = if body.is_empty() {
            SdkBody::empty()
        } else {
            SdkBody::from(body)
        };
        let request = request
            .header("content-type", "application/json")
            .body(body)
            .map_err(|_| ClientError::Address(self.api.0.clone()))?;
        let answer = self
            .send(request)
            .await
            .map_err(|error| ClientError::Http {
                call,
                reason: error.to_string(),
            })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(ClientError::Refused {
            call,
            status: answer.status(),
            body: String::from_utf8_lossy(answer.body()).into_owned(),
        })
    }

    async fn send(&mut self, request: Request<SdkBody>) -> Result<Response<Bytes>, HttpError> {
        let mut connection = match self.connection.take().filter(Connection::is_open) {
            Some(connection) => connection,
            None => Connection::open_plain(&self.target()?).await?,
        };
        let answer = connection.send(request).await?;
        self.connection = Some(connection);
        Ok(answer)
    }

    fn target(&self) -> Result<Target, HttpError> {
        let uri: Uri = self
            .api
            .0
            .parse()
            .map_err(|_| HttpError::Url(self.api.0.clone()))?;
        Target::of(&uri)
    }
}
