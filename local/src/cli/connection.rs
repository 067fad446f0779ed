//! One connection to an X-Ray API that asks for no signature: plain HTTP, as on this machine.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A local service answers in milliseconds; after this it is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer: a page of the largest traces.
const ANSWER_BYTES: usize = 512 << 20;

/// Why there was no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum ConnectionError {
    #[error("{0:?} is not an endpoint this client can ask; write it as http://HOST:PORT")]
    Endpoint(String),
    #[error("nothing answers at {url}: {source}; start xray-local, or give --endpoint URL")]
    Connect { url: String, source: std::io::Error },
    #[error("no answer from {0} in time; look whether it is an X-Ray API")]
    Slow(String),
    #[error("{url} broke off: {source}; look whether it is an X-Ray API")]
    Http { url: String, source: hyper::Error },
    #[error("the answer of {0} broke off or has no end; look whether it is an X-Ray API")]
    Body(String),
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    url: String,
    authority: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    pub(super) async fn open(url: String) -> Result<Self, ConnectionError> {
        let authority = authority(&url).ok_or_else(|| ConnectionError::Endpoint(url.clone()))?;
        let connecting = timeout(PATIENCE, TcpStream::connect(&authority)).await;
        let stream = connecting
            .map_err(|_| ConnectionError::Slow(url.clone()))?
            .map_err(|source| ConnectionError::Connect {
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

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Posts JSON to a path.
    pub(super) async fn post(
        &mut self,
        path: &str,
        input: &Value,
    ) -> Result<Response<Bytes>, ConnectionError> {
        let request = Request::post(path)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(input.to_string()))
            .map_err(|_| ConnectionError::Endpoint(self.url.clone()))?;
        // After an answer the connection takes a moment until it can carry the next request.
        self.sender.ready().await.map_err(http(&self.url))?;
        let sent = timeout(PATIENCE, self.sender.send_request(request)).await;
        let answer = sent
            .map_err(|_| ConnectionError::Slow(self.url.clone()))?
            .map_err(http(&self.url))?;
        let (parts, body) = answer.into_parts();
        let body = timeout(PATIENCE, Limited::new(body, ANSWER_BYTES).collect()).await;
        let body = body
            .map_err(|_| ConnectionError::Slow(self.url.clone()))?
            .map_err(|_| ConnectionError::Body(self.url.clone()))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

fn http(url: &str) -> impl Fn(hyper::Error) -> ConnectionError {
    let url = url.to_owned();
    move |source| ConnectionError::Http {
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
