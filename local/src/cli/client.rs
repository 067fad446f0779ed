//! A client for the X-Ray API as far as the terminal needs it: one connection, unsigned, plain HTTP.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Lookup;
use super::arguments::Endpoint;

const DEFAULT: &str = "http://127.0.0.1:2080";
/// A local service answers in milliseconds; after this it is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer: a page of the largest traces.
const ANSWER_BYTES: usize = 512 << 20;

/// Why an X-Ray could not be asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum ClientError {
    #[error("{0:?} is not an endpoint this client can ask; write it as http://HOST:PORT")]
    Endpoint(String),
    #[error("nothing answers at {url}: {source}; start xray-local, or give --endpoint URL")]
    Connect { url: String, source: std::io::Error },
    #[error("no answer from {0} in time; look whether it is an X-Ray API")]
    Slow(String),
    #[error("{url} broke off: {source}; look whether it is an X-Ray API")]
    Http { url: String, source: hyper::Error },
    #[error("{url} answered {status}: {message}")]
    Refused {
        url: String,
        status: StatusCode,
        message: String,
    },
    #[error("{0} did not answer with JSON; look whether it is an X-Ray API")]
    NoJson(String),
}

/// An open connection to an X-Ray API.
#[derive(Debug)]
pub(super) struct Client {
    url: String,
    authority: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// Connects to the endpoint of the arguments, of the environment, or the default one.
    pub(super) async fn connect(
        endpoint: &Endpoint,
        lookup: Lookup<'_>,
    ) -> Result<Self, ClientError> {
        let set = |name| lookup(name).filter(|it| !it.is_empty());
        let url = (endpoint.endpoint.clone())
            .or_else(|| set("AWS_ENDPOINT_URL_XRAY"))
            .unwrap_or_else(|| DEFAULT.to_owned());
        let authority = authority(&url).ok_or_else(|| ClientError::Endpoint(url.clone()))?;
        let connecting = timeout(PATIENCE, TcpStream::connect(&authority)).await;
        let stream = connecting
            .map_err(|_| ClientError::Slow(url.clone()))?
            .map_err(|source| ClientError::Connect {
                url: url.clone(),
                source,
            })?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(http(&url))?;
        // Ends with the sender, whose requests report what went wrong.
        tokio::spawn(connection);
        Ok(Self {
            url,
            authority,
            sender,
        })
    }

    /// Where this client asks.
    pub(super) fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// Calls an operation by its path.
    pub(super) async fn call(&mut self, path: &str, input: &Value) -> Result<Value, ClientError> {
        let url = self.url.clone();
        let request = Request::post(path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(input.to_string()))
            .map_err(|_| ClientError::Endpoint(url.clone()))?;
        // After an answer the connection takes a moment until it can carry the next request.
        self.sender.ready().await.map_err(http(&url))?;
        let sent = timeout(PATIENCE, self.sender.send_request(request)).await;
        let answer = sent
            .map_err(|_| ClientError::Slow(url.clone()))?
            .map_err(http(&url))?;
        let status = answer.status();
        let body = timeout(PATIENCE, Limited::new(answer, ANSWER_BYTES).collect()).await;
        let body = body
            .map_err(|_| ClientError::Slow(url.clone()))?
            .map_err(|_| ClientError::NoJson(url.clone()))?
            .to_bytes();
        let parsed = serde_json::from_slice(&body);
        if status.is_success() {
            return parsed.map_err(|_| ClientError::NoJson(url));
        }
        let message = parsed.unwrap_or(Value::Null);
        let message = message.get("Message").and_then(Value::as_str);
        Err(ClientError::Refused {
            url,
            status,
            message: message.unwrap_or_default().to_owned(),
        })
    }
}

fn http(url: &str) -> impl Fn(hyper::Error) -> ClientError {
    let url = url.to_owned();
    move |source| ClientError::Http {
        url: url.clone(),
        source,
    }
}

fn authority(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    if uri.scheme_str() != Some("http") {
        return None;
    }
    let port = authority.port_u16().unwrap_or(80);
    Some(format!("{}:{port}", authority.host()))
}
