//! An X-Ray that counts documents, and does as little else as it can: it is no part of what is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::net::TcpListener;

/// Nothing more comes when nothing has come for so long: the official daemon sends by a timer of one second.
const QUIET: Duration = Duration::from_secs(4);

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// After this time.
    After(Duration),
    /// Never.
    Never,
}

/// A running endpoint; it ends with the program.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    delivered: Arc<AtomicU64>,
}

impl Endpoint {
    pub(crate) async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let delivered = Arc::new(AtomicU64::new(0));
        let router = Router::new()
            .fallback(count)
            .with_state((Arc::clone(&delivered), answers))
            .layer(DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, delivered }
    }

    /// What was delivered, once it is all of `expected` or nothing more comes.
    pub(crate) async fn settled(&self, expected: u64) -> u64 {
        let mut last = (self.delivered.load(Ordering::Relaxed), Instant::now());
        while last.0 < expected && last.1.elapsed() < QUIET {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let now = self.delivered.load(Ordering::Relaxed);
            if now != last.0 {
                last = (now, Instant::now());
            }
        }
        last.0
    }
}

#[derive(Deserialize)]
struct Put {
    #[serde(rename = "TraceSegmentDocuments", default)]
    documents: Vec<IgnoredAny>,
}

async fn count(
    State((delivered, answers)): State<(Arc<AtomicU64>, Answers)>,
    body: Bytes,
) -> &'static str {
    match answers {
        Answers::Never => std::future::pending().await,
        Answers::After(delay) if !delay.is_zero() => tokio::time::sleep(delay).await,
        Answers::After(_) => {}
    }
    if let Ok(put) = serde_json::from_slice::<Put>(&body) {
        delivered.fetch_add(put.documents.len() as u64, Ordering::Relaxed);
    }
    "{\"UnprocessedTraceSegments\":[]}"
}
