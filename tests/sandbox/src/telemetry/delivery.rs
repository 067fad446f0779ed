//! The task of one subscription: buffers records and posts them in batches.

use std::io;
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

/// Delivers until the generation ends.
pub(super) async fn deliver(
    subscription: Subscription,
    mut records: mpsc::Receiver<Line>,
    mut awake: watch::Receiver<bool>,
) {
    let mut subscriber = Subscriber {
        subscription,
        connection: None,
    };
    let mut note = None;
    while let Some(batch) = next_batch(&subscriber.subscription, &mut records, note.take()).await {
        if let Err(error) = subscriber.deliver(&batch, &mut awake).await {
            note = Some(batch.dropped(&error));
        }
    }
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

    /// The record that tells the subscriber what it missed.
    fn dropped(&self, error: &io::Error) -> String {
        let reason = format!("the subscriber did not take a batch: {error}");
        let (dropped_records, dropped_bytes) = (self.lines.len(), self.bytes);
        let dropped = LogsDropped {
            reason: &reason,
            dropped_records,
            dropped_bytes,
        };
        records::line(SystemTime::now(), &Record::LogsDropped(dropped))
    }
}

/// The next batch, once it is full or its first record has waited long enough.
async fn next_batch(
    subscription: &Subscription,
    records: &mut mpsc::Receiver<Line>,
    note: Option<String>,
) -> Option<Batch> {
    let buffering = subscription.buffering;
    let mut batch = Batch::default();
    batch.push(records.recv().await?.json);
    if let Some(note) = note {
        batch.push(note);
    }
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
