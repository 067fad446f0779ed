//! The task of one subscription: buffers records and posts them in batches.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

use super::records::{self, LogsDropped, Record};
use super::{Line, Subscription};

/// Tries for one batch: the second is for a connection that the subscriber had closed meanwhile.
const ATTEMPTS: usize = 2;

/// Delivers until the generation ends. `missed` counts the records that found the queue full.
pub(super) async fn deliver(
    subscription: Subscription,
    mut records: mpsc::Receiver<Line>,
    missed: Arc<AtomicUsize>,
    mut awake: watch::Receiver<bool>,
) {
    let mut subscriber = Subscriber {
        subscription,
        connection: None,
    };
    let mut notes = Vec::new();
    while let Some(mut batch) = next_batch(&subscriber.subscription, &mut records).await {
        match missed.swap(0, Ordering::Relaxed) {
            0 => {}
            count => notes.push(dropped("the subscriber was too slow", count, 0)),
        }
        notes.drain(..).for_each(|note| batch.push(note));
        if let Err(error) = subscriber.deliver(&batch, &mut awake).await {
            let reason = format!("the subscriber did not take a batch: {error}");
            notes.push(dropped(&reason, batch.lines.len(), batch.bytes));
        }
    }
}

/// The record that tells a subscriber what it missed.
fn dropped(reason: &str, dropped_records: usize, dropped_bytes: usize) -> String {
    let dropped = LogsDropped {
        reason,
        dropped_records,
        dropped_bytes,
    };
    records::line(SystemTime::now(), &Record::LogsDropped(dropped))
}

/// Records that are posted together.
#[derive(Default)]
struct Batch {
    lines: Vec<String>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, json: String) {
        self.bytes += json.len() + 1;
        self.lines.push(json);
    }

    fn body(&self) -> Bytes {
        Bytes::from(format!("[{}]", self.lines.join(",")))
    }
}

/// The next batch, once it is full or its first record has waited long enough.
async fn next_batch(
    subscription: &Subscription,
    records: &mut mpsc::Receiver<Line>,
) -> Option<Batch> {
    let buffering = subscription.buffering;
    let mut batch = Batch::default();
    batch.push(records.recv().await?.json);
    let due = Instant::now() + buffering.timeout();
    while batch.lines.len() < buffering.max_items && batch.bytes < buffering.max_bytes {
        match timeout_at(due, records.recv()).await {
            Ok(Some(line)) => batch.push(line.json),
            Ok(None) | Err(_) => break,
        }
    }
    Some(batch)
}

struct Subscriber {
    subscription: Subscription,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Subscriber {
    /// Posts as soon as the environment is awake.
    async fn deliver(
        &mut self,
        batch: &Batch,
        awake: &mut watch::Receiver<bool>,
    ) -> io::Result<()> {
        let mut outcome = Ok(());
        for _ in 0..ATTEMPTS {
            // An error means that the hub is gone, and this task with it.
            let _ = awake.wait_for(|awake| *awake).await;
            outcome = self.post(batch.body()).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    async fn post(&mut self, body: Bytes) -> io::Result<()> {
        let mut connection = match self.connection.take() {
            Some(connection) if !connection.is_closed() => connection,
            _ => connect(&self.subscription.authority).await?,
        };
        connection.ready().await.map_err(io::Error::other)?;
        let response = connection
            .send_request(self.request(body)?)
            .await
            .map_err(io::Error::other)?;
        response
            .into_body()
            .collect()
            .await
            .map_err(io::Error::other)?;
        self.connection = Some(connection);
        Ok(())
    }

    fn request(&self, body: Bytes) -> io::Result<Request<Full<Bytes>>> {
        Request::builder()
            .method(Method::POST)
            .uri(&self.subscription.path)
            .header(header::HOST, &self.subscription.authority)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(io::Error::other)
    }
}

async fn connect(authority: &str) -> io::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    // Ends with the connection, which ends with its sender.
    tokio::spawn(connection);
    Ok(sender)
}
