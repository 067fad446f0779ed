//! What the platform tells of invocations: a small HTTP server that Lambda posts records to.
//!
//! Lambda may have to reach it on another address than loopback, so it binds them all, and everything about it is bounded: connections,
//! bodies, the records that wait. Whoever else finds it can at most make a flush come early.

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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

use super::Record;

/// Twice the most that Lambda buffers for a batch that is subscribed to with 256 KiB.
const LARGEST_BATCH: usize = 1024 * 1024;

/// Lambda uses one or two.
const CONNECTIONS: usize = 8;

/// Records that wait to be looked at.
const WAITING: usize = 256;

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
