//! An X-Ray endpoint that remembers every document with the moment it came, and can be in a bad mood.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::mood::{refusal, unprocessed};
use crate::wire::{Answer, Broken, Mishap, Outcome, serve};
use crate::{Arrived, Call, Mood};

/// The endpoint; its server ends with the test's runtime.
#[derive(Clone, Debug)]
pub struct Recorder {
    url: String,
    state: Arc<Recording>,
}

#[derive(Debug)]
struct Recording {
    plan: Mutex<Plan>,
    /// Plans so far.
    plans: watch::Sender<usize>,
    arrived: Mutex<Vec<Arrived>>,
    calls: watch::Sender<usize>,
    held: AtomicUsize,
    /// Changed when something befalls all connections there are.
    mishaps: watch::Sender<Mishap>,
}

struct Plan {
    mood: Box<dyn Fn(Call) -> Mood + Send>,
    since: Instant,
    calls: usize,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}

impl Plan {
    fn new(mood: impl Fn(Call) -> Mood + Send + 'static) -> Self {
        Self {
            mood: Box::new(mood),
            since: Instant::now(),
            calls: 0,
        }
    }

    fn next(&mut self) -> Mood {
        let call = Call {
            number: self.calls,
            since: self.since.elapsed(),
        };
        self.calls += 1;
        (self.mood)(call)
    }
}

impl Recorder {
    /// Starts to listen on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Recording {
            plan: Mutex::new(Plan::new(|_| Mood::Good)),
            plans: watch::Sender::new(0),
            arrived: Mutex::default(),
            calls: watch::Sender::new(0),
            held: AtomicUsize::new(0),
            mishaps: watch::Sender::new(Mishap::Cut),
        });
        let answering = Arc::clone(&state);
        let mishaps = state.mishaps.subscribe();
        tokio::spawn(serve(listener, mishaps, move |request| {
            answer(Arc::clone(&answering), request)
        }));
        Self { url, state }
    }

    /// For `AWS_ENDPOINT_URL_XRAY`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets how calls are treated from now on.
    pub fn set_mood(&self, mood: Mood) {
        self.set_plan(move |_| mood);
    }

    /// Sets how each call is treated from now on.
    pub fn set_plan(&self, mood: impl Fn(Call) -> Mood + Send + 'static) {
        *lock(&self.state.plan) = Plan::new(mood);
        self.state.plans.send_modify(|plans| *plans += 1);
    }

    /// Breaks all connections there are; new ones are well.
    pub fn cut_connections(&self) {
        self.state.mishaps.send_replace(Mishap::Cut);
    }

    /// Lets nothing more come through any connection there is, and tells nobody; new ones are well.
    pub fn silence_connections(&self) {
        self.state.mishaps.send_replace(Mishap::Silence);
    }

    /// Every document so far, in the order they came.
    pub fn arrived(&self) -> Vec<Arrived> {
        lock(&self.state.arrived).clone()
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

    /// Calls that were kept so far, by [`Mood::Holding`].
    pub fn held(&self) -> usize {
        self.state.held.load(Ordering::Relaxed)
    }

    /// Calls of `PutTraceSegments` so far, refused and broken ones too; those that hang not.
    pub fn calls(&self) -> usize {
        *self.state.calls.borrow()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(state: Arc<Recording>, request: Request<Incoming>) -> Outcome {
    if request.uri().path() != "/TraceSegments" {
        return Ok(Response::new(Answer::whole("{}")));
    }
    let mut plans = state.plans.subscribe();
    let mood = lock(&state.plan).next();
    let changed = async { drop(plans.changed().await) };
    let outcome = put(&state, mood, changed, request.into_body()).await;
    state.calls.send_modify(|calls| *calls += 1);
    outcome
}

/// `changed` ends when another plan is made.
async fn put(
    state: &Recording,
    mood: Mood,
    changed: impl Future<Output = ()>,
    mut body: Incoming,
) -> Outcome {
    if mood == Mood::CuttingCalls {
        body.frame().await;
        return Err(Broken);
    }
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    match mood {
        Mood::Refusing(status) => return Ok(refused(status)),
        Mood::Holding => {
            state.held.fetch_add(1, Ordering::Relaxed);
            changed.await;
        }
        Mood::Slow(delay) => tokio::time::sleep(delay).await,
        Mood::Hanging => std::future::pending().await,
        _ => {}
    }
    let documents = documents(&body);
    let left_out = match mood {
        Mood::LeavingOut(code) => Some((1.min(documents.len()), code)),
        _ => None,
    };
    let (skipped, code) = left_out.unwrap_or((0, ""));
    let ids: Vec<_> = documents[..skipped]
        .iter()
        .map(|document| document.json["id"].clone())
        .collect();
    lock(&state.arrived).extend(documents.into_iter().skip(skipped));
    let text = unprocessed(&ids, code);
    Ok(Response::new(match mood {
        Mood::CuttingAnswers => Answer::cut(text),
        _ => Answer::whole(text),
    }))
}

fn documents(body: &[u8]) -> Vec<Arrived> {
    let body: Value = serde_json::from_slice(body).unwrap();
    let at = Instant::now();
    let documents = body["TraceSegmentDocuments"].as_array().unwrap().iter();
    documents
        .map(|document| Arrived::new(document.as_str().unwrap(), at))
        .collect()
}

fn refused(status: u16) -> Response<Answer> {
    let (body, kind) = refusal(status);
    let mut response = Response::new(Answer::whole(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    let headers = response.headers_mut();
    headers.insert("x-amzn-errortype", kind.parse().unwrap());
    response
}
