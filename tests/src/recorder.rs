//! An X-Ray endpoint that remembers every document with the moment it came, and can be in a bad mood.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::Arrived;

/// How the endpoint treats a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Answers at once.
    Good,
    /// Answers after this time.
    Slow(Duration),
    /// Answers with this status and stores nothing.
    Refusing(u16),
}

/// The endpoint; its server ends with the test's runtime.
#[derive(Clone, Debug)]
pub struct Recorder {
    url: String,
    state: Arc<Recording>,
}

#[derive(Debug)]
struct Recording {
    mood: Mutex<Mood>,
    arrived: Mutex<Vec<Arrived>>,
    calls: watch::Sender<usize>,
}

impl Recorder {
    /// Starts to listen on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Recording {
            mood: Mutex::new(Mood::Good),
            arrived: Mutex::default(),
            calls: watch::Sender::new(0),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// For `AWS_ENDPOINT_URL_XRAY`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets how calls are treated from now on.
    pub fn set_mood(&self, mood: Mood) {
        *self
            .state
            .mood
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// Every document so far, in the order they came.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.state
            .arrived
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The documents of one trace.
    pub fn trace(&self, trace_id: &str) -> Vec<Arrived> {
        let mut arrived = self.arrived();
        arrived.retain(|document| document.text("trace_id") == trace_id);
        arrived
    }

    /// Waits until `condition` holds of what arrived.
    pub async fn wait(&self, condition: impl Fn(&[Arrived]) -> bool) -> Vec<Arrived> {
        let mut calls = self.state.calls.subscribe();
        let changed = async {
            while !condition(&self.arrived()) {
                calls.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), changed)
            .await
            .is_err()
        {
            panic!(
                "what was waited for did not arrive; what did: {:#?}",
                self.arrived()
            );
        }
        self.arrived()
    }

    /// Calls of `PutTraceSegments` so far, refused ones too.
    pub fn calls(&self) -> usize {
        *self.state.calls.borrow()
    }
}

async fn answer(State(state): State<Arc<Recording>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX)
        .await
        .unwrap_or_default();
    if path != "/TraceSegments" {
        return (StatusCode::OK, "{}").into_response();
    }
    let mood = *state.mood.lock().unwrap_or_else(PoisonError::into_inner);
    let response = put(&state, mood, &body).await;
    state.calls.send_modify(|calls| *calls += 1);
    response
}

async fn put(state: &Recording, mood: Mood, body: &[u8]) -> Response {
    match mood {
        Mood::Refusing(status) => return refusal(status),
        Mood::Slow(delay) => tokio::time::sleep(delay).await,
        Mood::Good => {}
    }
    let body: Value = serde_json::from_slice(body).unwrap();
    let at = Instant::now();
    let documents = body["TraceSegmentDocuments"].as_array().unwrap().iter();
    let documents = documents.map(|document| Arrived::new(document.as_str().unwrap(), at));
    state
        .arrived
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend(documents);
    axum::Json(json!({ "UnprocessedTraceSegments": [] })).into_response()
}

fn refusal(status: u16) -> Response {
    let kind = match status {
        403 => "AccessDeniedException",
        429 => "ThrottledException",
        _ => "InternalFailure",
    };
    let body = json!({ "__type": kind, "Message": "refused by the test" }).to_string();
    (
        StatusCode::from_u16(status).unwrap(),
        [("x-amzn-errortype", kind)],
        body,
    )
        .into_response()
}
