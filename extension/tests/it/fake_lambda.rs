//! Lambda as an extension sees it: the answers to its three calls are what a test puts in.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::http::{Answer, Request, Response, json, serve};

/// A call of the extension.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) name: Option<String>,
    pub(crate) identifier: Option<String>,
    pub(crate) body: Value,
}

/// Lambda.
#[derive(Clone, Debug)]
pub(crate) struct FakeLambda {
    pub(crate) address: Option<SocketAddr>,
    events: mpsc::UnboundedSender<Value>,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pending: tokio::sync::Mutex<mpsc::UnboundedReceiver<Value>>,
    calls: Mutex<Vec<Call>>,
    /// How often `/next` was said.
    nexts: watch::Sender<usize>,
    telemetry: u16,
    refusals: Mutex<usize>,
}

impl FakeLambda {
    /// One that answers the telemetry subscription with this status.
    pub(crate) async fn start(telemetry: u16, refusals: usize) -> Self {
        let (events, pending) = mpsc::unbounded_channel();
        let inner = Inner {
            pending: pending.into(),
            calls: Mutex::default(),
            nexts: watch::Sender::new(0),
            telemetry,
            refusals: Mutex::new(refusals),
        };
        let mut lambda = Self {
            address: None,
            events,
            inner: Arc::new(inner),
        };
        lambda.address = Some(serve(lambda.clone()).await);
        lambda
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.inner.calls.lock().unwrap().clone()
    }

    /// Answers `/next` with an invocation that has this much time, or none that is known.
    pub(crate) fn invoke(&self, request_id: &str, remaining: Option<Duration>) {
        let deadline = remaining.map_or(0, |remaining| (now() + remaining).as_millis());
        self.events
            .send(json!({"eventType": "INVOKE", "deadlineMs": u64::try_from(deadline).unwrap(), "requestId": request_id, "invokedFunctionArn": "arn"}))
            .unwrap();
    }

    pub(crate) fn shut_down(&self, reason: &str) {
        let deadline = u64::try_from((now() + Duration::from_secs(2)).as_millis()).unwrap();
        self.events
            .send(
                json!({"eventType": "SHUTDOWN", "deadlineMs": deadline, "shutdownReason": reason}),
            )
            .unwrap();
    }

    /// Waits until `/next` was said this often.
    pub(crate) async fn nexts(&self, count: usize) {
        let mut nexts = self.inner.nexts.subscribe();
        let said = nexts.wait_for(|nexts| *nexts >= count);
        tokio::time::timeout(Duration::from_secs(20), said)
            .await
            .expect("/next is said")
            .unwrap();
    }

    pub(crate) fn nexts_so_far(&self) -> usize {
        *self.inner.nexts.borrow()
    }

    /// The port that the extension subscribed with.
    pub(crate) fn telemetry_port(&self) -> u16 {
        let calls = self.calls();
        let call = calls
            .iter()
            .find(|call| call.path.ends_with("/telemetry"))
            .expect("a subscription");
        let uri = call.body["destination"]["URI"].as_str().unwrap();
        uri.rsplit(':').next().unwrap().parse().unwrap()
    }
}

fn now() -> Duration {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
}

impl Answer for FakeLambda {
    async fn answer(self, request: Request) -> Option<Response> {
        let header = |name| {
            request
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let path = request.uri().path().to_owned();
        self.inner.calls.lock().unwrap().push(Call {
            path: path.clone(),
            name: header("lambda-extension-name"),
            identifier: header("lambda-extension-identifier"),
            body: serde_json::from_slice(request.body()).unwrap_or_default(),
        });
        if let refusals @ 1.. = &mut *self.inner.refusals.lock().unwrap() {
            *refusals -= 1;
            return Some(json(500, &json!({"errorType": "Internal"})));
        }
        match path.rsplit('/').next().unwrap() {
            "register" => {
                let mut response = json(200, &json!({"functionName": "f"}));
                response
                    .headers_mut()
                    .insert("lambda-extension-identifier", "the-id".parse().unwrap());
                Some(response)
            }
            "telemetry" => Some(json(self.inner.telemetry, &json!("OK"))),
            "next" => {
                let mut pending = self.inner.pending.lock().await;
                self.inner.nexts.send_modify(|nexts| *nexts += 1);
                let event = pending.recv().await?;
                Some(json(200, &event))
            }
            _ => Some(json(404, &json!({}))),
        }
    }
}
