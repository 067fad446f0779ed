//! What the platform tells of invocations: a small HTTP server that Lambda posts records to.
//!
//! Lambda may have to reach it on another address than loopback, so it binds them all, and everything about it is bounded: connections,
//! bodies, the records that wait. Whoever else finds it can at most make a flush come early.
//! Batches are read element by element: what is unknown or malformed is skipped, and does not take its neighbours with it.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

/// Twice the most that Lambda buffers for a batch that is subscribed to with 256 KiB.
const LARGEST_BATCH: usize = 1024 * 1024;

/// Lambda uses one or two.
const CONNECTIONS: usize = 8;

/// Records that wait to be looked at.
const WAITING: usize = 256;

/// What the platform tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Record {
    /// An invocation ended.
    RuntimeDone {
        /// Which.
        request_id: String,
        /// How.
        ending: Ending,
    },
    /// Anything else; that it comes shows that telemetry is delivered.
    Other,
}

/// How an invocation ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ending {
    /// Lambda's name for what went wrong.
    pub error_type: Option<String>,
    /// How long the function ran.
    pub duration: Option<Duration>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    record: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Done {
    request_id: String,
    #[serde(default)]
    error_type: Option<String>,
    #[serde(default)]
    metrics: Value,
}

impl Record {
    /// Reads a batch; what is no record is left out.
    pub fn parse_batch(body: &[u8]) -> Vec<Self> {
        let elements: Vec<Value> = serde_json::from_slice(body).unwrap_or_default();
        elements.into_iter().filter_map(Self::parse).collect()
    }

    fn parse(element: Value) -> Option<Self> {
        let raw = Raw::deserialize(element).ok()?;
        if raw.kind != "platform.runtimeDone" {
            return Some(Self::Other);
        }
        let done = Done::deserialize(raw.record).ok()?;
        let milliseconds = done.metrics.get("durationMs").and_then(Value::as_f64);
        Some(Self::RuntimeDone {
            request_id: done.request_id,
            ending: Ending {
                error_type: done.error_type,
                duration: milliseconds.and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok()),
            },
        })
    }
}

/// A listener that is bound, and later served.
#[derive(Debug)]
pub struct Telemetry {
    listener: TcpListener,
}

impl Telemetry {
    /// Binds a free port. To be called within a tokio runtime.
    pub fn bind() -> io::Result<Self> {
        let address: SocketAddr = (Ipv4Addr::UNSPECIFIED, 0).into();
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: TcpListener::from_std(listener)?,
        })
    }

    /// The port to subscribe with.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Serves until the receiver is dropped.
    pub fn serve(self) -> mpsc::Receiver<Record> {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(accept(self.listener, sender));
        receiver
    }
}

async fn accept(listener: TcpListener, records: mpsc::Sender<Record>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            () = records.closed() => return,
        };
        let Ok((stream, _)) = stream else {
            // Out of file descriptors, say: not a reason to spin.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let records = records.clone();
        tokio::spawn(async move {
            connection(stream, records).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, records: mpsc::Sender<Record>) {
    let service = service_fn(|request| answer(request, &records));
    let connection = http1::Builder::new()
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    // A connection that breaks is opened again by who needs it.
    tokio::select! {
        _ = connection => {}
        () = records.closed() => {}
    }
}

async fn answer(
    request: Request<Incoming>,
    records: &mpsc::Sender<Record>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::new(Empty::new());
    match Limited::new(request.into_body(), LARGEST_BATCH)
        .collect()
        .await
    {
        Ok(body) => {
            for record in Record::parse_batch(&body.to_bytes()) {
                // Ended when the extension is.
                let _ = records.send(record).await;
            }
        }
        Err(_) => *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE,
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(request_id: &str) -> Record {
        Record::RuntimeDone {
            request_id: request_id.to_owned(),
            ending: Ending::default(),
        }
    }

    #[test]
    fn a_bad_element_does_not_take_its_neighbours() {
        let batch = br#"[
            {"type":"platform.restoreStart","record":{"anything":1}},
            {"type":"platform.runtimeDone","record":{"requestId":7}},
            {"type":"platform.runtimeDone"},
            17,
            {"record":{}},
            {"time":"x","type":"platform.runtimeDone","record":{"requestId":"a","status":"success","more":[]},"more":1}
        ]"#;
        assert_eq!(Record::parse_batch(batch), [Record::Other, done("a")]);
        for batch in [&b"not json"[..], b"{}", b"[", b"\xff"] {
            assert_eq!(Record::parse_batch(batch), []);
        }
    }

    #[test]
    fn how_long_it_ran_and_what_went_wrong_is_told() {
        let batch = br#"[{"type":"platform.runtimeDone","record":{"requestId":"a","status":"error","errorType":"Runtime.ExitError","metrics":{"durationMs":3000.5}}}]"#;
        let told = Record::RuntimeDone {
            request_id: "a".to_owned(),
            ending: Ending {
                error_type: Some("Runtime.ExitError".to_owned()),
                duration: Some(Duration::from_micros(3_000_500)),
            },
        };
        assert_eq!(Record::parse_batch(batch), [told]);
    }
}
