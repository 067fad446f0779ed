//! The HTTP face of the environment: Runtime API, Extensions API and Telemetry API on one loopback port.
//!
//! This module reads requests and writes answers. What a request means in the environment's present state is the
//! environment's business: each becomes a [`Call`] in its queue, and its answer comes back by a one-shot channel.

mod answer;
mod call;
mod events;
mod route;

use std::convert::Infallible;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

pub(crate) use answer::{Answer, Refusal, accepted, accepted_only, ok};
pub(crate) use call::{Call, Demand, EventKind, Registration, RuntimeReport, Waiter};
pub(crate) use events::{agent_invoke, agent_shutdown, registered, runtime_event};

/// Bytes Lambda takes of a response: 6 MiB and a little for its frame.
pub(crate) const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024 + 100;
/// Bytes of any other body.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Serves until it is dropped, and its connections with it.
pub(crate) async fn serve(listener: TcpListener, calls: mpsc::Sender<Call>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, calls.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, calls: mpsc::Sender<Call>) {
    // Without it a small answer may wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let calls = calls.clone();
        async move { Ok::<_, Infallible>(answer(request, &calls).await) }
    });
    // The client is the one to know that its connection broke.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, calls: &mpsc::Sender<Call>) -> Answer {
    match demand(request).await {
        Ok(demand) => ask(demand, calls).await,
        Err(refusal) => refusal.into(),
    }
}

/// Reads a request to its end.
async fn demand(request: Request<Incoming>) -> Result<Demand, Refusal> {
    let (parts, body) = request.into_parts();
    let route = route::route(&parts)?;
    let limit = if route.takes_a_response() {
        MAX_RESPONSE_BYTES
    } else {
        MAX_BODY_BYTES
    };
    let body = match read(body, limit).await {
        Ok(body) => body,
        Err(Unreadable::TooLarge) if route.takes_a_response() => Body::too_large(),
        Err(Unreadable::TooLarge) => return Err(Refusal::too_large(limit)),
        Err(Unreadable::Truncated) => return Err(Refusal::truncated()),
    };
    route.with_body(body)
}

/// Puts the demand to the environment and waits for its answer, for `/next` as long as it takes.
async fn ask(demand: Demand, calls: &mpsc::Sender<Call>) -> Answer {
    let (reply, answer) = oneshot::channel();
    let call = Call {
        arrived: Instant::now(),
        demand,
        reply,
    };
    let gone = || Refusal::internal("the environment is gone").into();
    if calls.send(call).await.is_err() {
        return gone();
    }
    answer.await.unwrap_or_else(|_| gone())
}

/// A body that was read to its end.
struct Body {
    bytes: Bytes,
    /// What a streaming runtime reports after its body, when the stream broke.
    error_type: Option<String>,
    is_too_large: bool,
}

impl Body {
    fn too_large() -> Self {
        Self {
            bytes: Bytes::new(),
            error_type: None,
            is_too_large: true,
        }
    }
}

enum Unreadable {
    Truncated,
    TooLarge,
}

async fn read(body: Incoming, limit: usize) -> Result<Body, Unreadable> {
    let collected = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Unreadable::TooLarge
        } else {
            Unreadable::Truncated
        }
    })?;
    let trailer = collected
        .trailers()
        .and_then(|trailers| trailers.get(route::FUNCTION_ERROR_TYPE));
    let error_type = trailer
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    Ok(Body {
        bytes: collected.to_bytes(),
        error_type,
        is_too_large: false,
    })
}
