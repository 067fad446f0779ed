//! Sampling for SDKs: the two calls that X-Ray SDKs make to the daemon's TCP port are signed and passed on, and no other.
//!
//! Outside Lambda an SDK samples by X-Ray's rules and asks the daemon for them, without credentials of its own. The old daemon passes on any
//! path with the credentials of its host; whoever reaches its port can read the account's traces. Here a path is
//! either one of the two or refused, and so is what a web page sends: browsers name their origin, SDKs have none.
//! Answers about rules are shared for a moment (`rules.rs`); those about targets never: they are each client's own.

mod rules;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::{fmt, io};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ORIGIN};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::deliver::{Passage, PassageError};
use crate::log::{Level, Log};
use crate::settings::Config;
use rules::Rules;

/// What may be asked.
const RULES: &str = "/GetSamplingRules";
const TARGETS: &str = "/SamplingTargets";

/// Far above 25 statistics documents of a few hundred bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// SDKs at once; further ones wait.
const CONNECTIONS: usize = 16;

/// Between two attempts to accept when the system has no room for a connection.
const PAUSE: Duration = Duration::from_millis(50);

/// The listener, bound.
#[derive(Debug)]
pub struct Proxy {
    listener: TcpListener,
}

/// The proxy at work; it ends when this is dropped.
#[derive(Debug)]
#[must_use = "the proxy ends when this is dropped"]
pub struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Proxy {
    /// Binds the address. To be called within a tokio runtime.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: TcpListener::from_std(listener)?,
        })
    }

    /// Serves in the background. The way to X-Ray is looked for with the first request.
    pub fn serve(self, config: Config, log: Log) -> Serving {
        let gate = Arc::new(Gate {
            config,
            log,
            passage: OnceLock::new(),
            rules: Rules::default(),
        });
        Serving(tokio::spawn(accept(self.listener, gate)))
    }
}

struct Gate {
    config: Config,
    log: Log,
    passage: OnceLock<Result<Passage, PassageError>>,
    rules: Rules,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

async fn accept(listener: TcpListener, gate: Arc<Gate>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let gate = Arc::clone(&gate);
        tokio::spawn(async move {
            connection(stream, &gate).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, gate: &Gate) {
    let service = service_fn(async |request| Ok::<_, Infallible>(gate.answer(request).await));
    // A connection that breaks is opened again by who needs it.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Gate {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        let Some(path) = [RULES, TARGETS]
            .into_iter()
            .find(|allowed| *allowed == path)
        else {
            let text = "this port passes on GetSamplingRules and SamplingTargets, and nothing else";
            return refusal(StatusCode::NOT_FOUND, text);
        };
        if request.method() != Method::POST || request.headers().contains_key(ORIGIN) {
            return refusal(
                StatusCode::FORBIDDEN,
                "sampling is asked for by POST, and by no web page",
            );
        }
        match Limited::new(request.into_body(), LARGEST_BODY)
            .collect()
            .await
        {
            Ok(body) => self.pass_on(path, body.to_bytes()).await,
            Err(_) => refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the request is larger than any SDK's",
            ),
        }
    }

    async fn pass_on(&self, path: &str, body: Bytes) -> Response<Full<Bytes>> {
        let passage = self
            .passage
            .get_or_init(|| Passage::new(&self.config, &self.log));
        let answered = match passage {
            Ok(passage) if path == RULES => {
                let ask = async |body| passage.post(RULES, body).await;
                self.rules.answer(body, ask).await
            }
            Ok(passage) => passage
                .post(path, body)
                .await
                .inspect(|answer| self.rules.notice(answer.body())),
            Err(error) => return self.failed(error),
        };
        match answered {
            Ok(answer) => answer.map(Full::new),
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&self, error: &PassageError) -> Response<Full<Bytes>> {
        let text = format!("sampling rules cannot be asked for, so SDKs use their own: {error}");
        self.log.once("sampling", Level::Warn, &text);
        refusal(StatusCode::BAD_GATEWAY, &text)
    }
}

fn refusal(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let body = json!({ "Message": text }).to_string();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
