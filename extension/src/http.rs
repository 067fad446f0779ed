//! HTTP/1.1 connections, as few layers as it takes: Lambda's APIs, the credentials endpoint and X-Ray all go through here.
//!
//! One kind of stream and one kind of body, so that hyper is compiled in once. A ready-made client with a pool was left out:
//! what matters here, that no connection is reused after the process was frozen, is what pools keep to themselves.

use std::fmt;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::tunnel::Tunnel;

/// No answer that we ask for is larger.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// For TCP and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Why there is no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum HttpError {
    /// The URL cannot be used.
    #[error("{0} is not a URL with http:// or https:// and a host")]
    Url(String),
    /// No connection came about.
    #[error("no connection to {to}: {source}")]
    Connect { to: String, source: io::Error },
    /// It took too long.
    #[error("no connection to {0} within 2 s")]
    Timeout(String),
    /// The connection was there and broke.
    #[error("the connection broke: {0}")]
    Broken(#[from] hyper::Error),
    /// The answer's body broke, or is too large.
    #[error("the answer broke: {0}")]
    Answer(Box<dyn std::error::Error + Send + Sync>),
}

/// Whom a connection leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    tls: bool,
    host: String,
    port: u16,
}

impl Target {
    /// Of an absolute URL.
    pub(crate) fn of(uri: &Uri) -> Result<Self, HttpError> {
        let wrong = || HttpError::Url(uri.to_string());
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let host = uri.host().ok_or_else(wrong)?;
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { tls, host, port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

trait Io: hyper::rt::Read + hyper::rt::Write + Send + Unpin {}
impl<T: hyper::rt::Read + hyper::rt::Write + Send + Unpin> Io for T {}

/// An open connection. What drives it is a task that ends with it.
pub(crate) struct Connection(SendRequest<SdkBody>);

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

impl Connection {
    /// Connects; a host that is an address needs no name lookup.
    pub(crate) async fn open(
        target: &Target,
        tls: Option<&TlsConnector>,
        tunnel: Option<&Tunnel>,
    ) -> Result<Self, HttpError> {
        match tokio::time::timeout(CONNECT_TIMEOUT, Self::stream(target, tls, tunnel)).await {
            Ok(stream) => Self::handshake(stream?).await,
            Err(_) => Err(HttpError::Timeout(target.to_string())),
        }
    }

    /// Connects without TLS, and without a limit of time.
    pub(crate) async fn open_plain(target: &Target) -> Result<Self, HttpError> {
        Self::handshake(Self::stream(target, None, None).await?).await
    }

    async fn stream(
        target: &Target,
        tls: Option<&TlsConnector>,
        tunnel: Option<&Tunnel>,
    ) -> Result<Box<dyn Io>, HttpError> {
        let connected = async {
            let (host, port) = (target.host.as_str(), target.port);
            let stream = match tunnel.filter(|tunnel| target.tls && tunnel.leads_to(host)) {
                Some(tunnel) => tunnel.connect(host, port).await?,
                None => TcpStream::connect((host, port)).await?,
            };
            stream.set_nodelay(true)?;
            let io: Box<dyn Io> = if target.tls {
                let tls = tls.ok_or_else(|| io::Error::other("https is not spoken here"))?;
                let name = ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
                Box::new(TokioIo::new(tls.connect(name, stream).await?))
            } else {
                Box::new(TokioIo::new(stream))
            };
            Ok(io)
        };
        connected.await.map_err(|source| HttpError::Connect {
            to: target.to_string(),
            source,
        })
    }

    async fn handshake(stream: Box<dyn Io>) -> Result<Self, HttpError> {
        let (sender, connection) = http1::handshake(stream).await?;
        // It ends with the connection, which ends when the sender is dropped; its error is the request's error too.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Self(sender))
    }

    /// Whether it can take a request, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        !self.0.is_closed()
    }

    /// Sends a request with an absolute or relative URL and reads the whole answer.
    pub(crate) async fn send(
        &mut self,
        mut request: Request<SdkBody>,
    ) -> Result<Response<Bytes>, HttpError> {
        make_relative(&mut request);
        self.0.ready().await?;
        let (head, body) = self.0.send_request(request).await?.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await;
        let body = body.map_err(HttpError::Answer)?.to_bytes();
        Ok(Response::from_parts(head, body))
    }
}

/// The host goes into its header and the path alone into the first line, as servers expect it.
fn make_relative(request: &mut Request<SdkBody>) {
    if let Some(authority) = request.uri().authority() {
        let default = match request.uri().scheme_str() {
            Some("https") => ":443",
            _ => ":80",
        };
        let host = authority.as_str();
        let host = HeaderValue::from_str(host.strip_suffix(default).unwrap_or(host));
        if let (Ok(host), false) = (host, request.headers().contains_key(HOST)) {
            request.headers_mut().insert(HOST, host);
        }
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    }
}

/// Idle connections that may still be good.
pub(crate) struct Pool {
    tls: Option<TlsConnector>,
    tunnel: Option<Tunnel>,
    /// An idle connection that is older may have died unseen, and is closed instead of used.
    idle_limit: Duration,
    idle: Mutex<Vec<Idle>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("idle_limit", &self.idle_limit)
            .finish_non_exhaustive()
    }
}

struct Idle {
    target: Target,
    connection: Connection,
    since: Instant,
    /// The clock of [`Instant`] may stand still while the environment is frozen; this one is set right after it.
    since_wall: SystemTime,
}

impl Idle {
    fn is_fresh(&self, limit: Duration) -> bool {
        self.connection.is_open()
            && self.since.elapsed() < limit
            && self.since_wall.elapsed().is_ok_and(|age| age < limit)
    }
}

/// As many as calls are ever in flight.
const MOST_IDLE: usize = 64;

impl Pool {
    pub(crate) fn new(tls: Option<TlsConnector>, idle_limit: Duration) -> Self {
        Self {
            tls,
            tunnel: None,
            idle_limit,
            idle: Mutex::default(),
        }
    }

    /// With TLS going through a proxy.
    pub(crate) fn through(mut self, tunnel: Option<Tunnel>) -> Self {
        self.tunnel = tunnel;
        self
    }

    /// Opens a connection before it is needed, unless a good one waits.
    pub(crate) async fn warm(&self, target: &Target) -> Result<(), HttpError> {
        let connection = match self.take(target) {
            Some(connection) => connection,
            None => self.open(target).await?,
        };
        self.keep(target, connection);
        Ok(())
    }

    /// Closes what has been idle for longer than this.
    pub(crate) fn forget_older(&self, limit: Duration) {
        self.lock().retain(|idle| idle.is_fresh(limit));
    }

    /// Sends a request. When a connection that waited turns out dead, the request goes once more, at once, on a fresh one:
    /// the other side may have closed it while this process was frozen.
    pub(crate) async fn send(
        &self,
        request: Request<SdkBody>,
    ) -> Result<Response<Bytes>, HttpError> {
        let target = Target::of(request.uri())?;
        if let (Some(connection), Some(copy)) = (self.take(&target), copy(&request)) {
            match self.send_on(connection, &target, copy).await {
                Err(HttpError::Broken(_)) => {}
                result => return result,
            }
        }
        let connection = self.open(&target).await?;
        self.send_on(connection, &target, request).await
    }

    async fn open(&self, target: &Target) -> Result<Connection, HttpError> {
        Connection::open(target, self.tls.as_ref(), self.tunnel.as_ref()).await
    }

    async fn send_on(
        &self,
        mut connection: Connection,
        target: &Target,
        request: Request<SdkBody>,
    ) -> Result<Response<Bytes>, HttpError> {
        let answer = connection.send(request).await?;
        self.keep(target, connection);
        Ok(answer)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, target: &Target) -> Option<Connection> {
        let mut idle = self.lock();
        idle.retain(|idle| idle.is_fresh(self.idle_limit));
        let place = idle.iter().rposition(|idle| idle.target == *target)?;
        Some(idle.remove(place).connection)
    }

    fn keep(&self, target: &Target, connection: Connection) {
        let mut idle = self.lock();
        if idle.len() < MOST_IDLE && connection.is_open() {
            idle.push(Idle {
                target: target.clone(),
                connection,
                since: Instant::now(),
                since_wall: SystemTime::now(),
            });
        }
    }
}

/// The same request again; a body in memory can be shared.
fn copy(request: &Request<SdkBody>) -> Option<Request<SdkBody>> {
    let mut copy = Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}
