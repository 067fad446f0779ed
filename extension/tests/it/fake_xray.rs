//! X-Ray: remembers what came, and answers as it is told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::http::{Answer, Request, Response, json, serve};

/// What becomes of a call.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Stored, and answered at once.
    Good,
    /// Stored, and answered after this time.
    Slow(Duration),
    /// Refused with this status and error.
    Refuse(u16, &'static str),
    /// The connection breaks before the answer.
    Break,
    /// The documents with these names are unprocessed, with this code; the others are stored.
    Unprocessed(Vec<&'static str>, &'static str),
    /// A call with this document in it is refused as a whole.
    RefuseWith(&'static str),
}

/// X-Ray.
#[derive(Clone, Debug)]
pub(crate) struct FakeXRay {
    pub(crate) address: Option<SocketAddr>,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    replies: Mutex<VecDeque<Reply>>,
    always: Mutex<Reply>,
    batches: Mutex<Vec<Vec<Value>>>,
    requests: Mutex<Vec<Request>>,
    lines: watch::Sender<Vec<Value>>,
    telemetry: watch::Sender<Vec<Value>>,
    telemetry_refusals: Mutex<usize>,
    calls: watch::Sender<usize>,
    connections: watch::Sender<usize>,
}

impl FakeXRay {
    pub(crate) async fn start() -> Self {
        let inner = Inner {
            replies: Mutex::default(),
            always: Mutex::new(Reply::Good),
            batches: Mutex::default(),
            requests: Mutex::default(),
            lines: watch::Sender::default(),
            telemetry: watch::Sender::default(),
            telemetry_refusals: Mutex::default(),
            calls: watch::Sender::new(0),
            connections: watch::Sender::new(0),
        };
        let mut xray = Self {
            address: None,
            inner: Arc::new(inner),
        };
        xray.address = Some(serve(xray.clone()).await);
        xray
    }

    /// Connections until now.
    pub(crate) fn connections(&self) -> usize {
        *self.inner.connections.borrow()
    }

    /// Waits until somebody has connected this often.
    pub(crate) async fn connected(&self, count: usize) {
        let mut connections = self.inner.connections.subscribe();
        let connected = connections.wait_for(|connections| *connections >= count);
        tokio::time::timeout(Duration::from_secs(20), connected)
            .await
            .expect("somebody connects")
            .unwrap();
    }

    /// Answers the next calls so, and then as always.
    pub(crate) fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.inner.replies.lock().unwrap().extend(replies);
    }

    /// Answers all calls so for which nothing else is said.
    pub(crate) fn always(&self, reply: Reply) {
        *self.inner.always.lock().unwrap() = reply;
    }

    /// The stored documents, call by call.
    pub(crate) fn batches(&self) -> Vec<Vec<Value>> {
        self.inner.batches.lock().unwrap().clone()
    }

    /// The names of the stored documents, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |document: Value| document["name"].as_str().unwrap_or_default().to_owned();
        self.batches().into_iter().flatten().map(name).collect()
    }

    pub(crate) fn authorizations(&self) -> Vec<String> {
        let of = |request: &Request| {
            let header = request.headers().get("authorization").unwrap();
            header.to_str().unwrap().to_owned()
        };
        self.requests().iter().map(of).collect()
    }

    /// The calls that brought documents, as they came.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.inner.requests.lock().unwrap().clone()
    }

    /// Waits until this many lines of functions came; the lines.
    pub(crate) async fn lines(&self, count: usize) -> Vec<Value> {
        let mut lines = self.inner.lines.subscribe();
        let came = lines.wait_for(|lines| lines.len() >= count);
        let came = tokio::time::timeout(Duration::from_secs(20), came).await;
        came.expect("lines come").unwrap().clone()
    }

    fn take_lines(&self, request: &Request) -> Response {
        self.inner.calls.send_modify(|calls| *calls += 1);
        if let Reply::Refuse(status, error) = &*self.inner.always.lock().unwrap() {
            return json(*status, &json!({ "__type": error }));
        }
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let came = body["LogEvents"].as_array().unwrap().clone();
        self.inner.lines.send_modify(|lines| lines.extend(came));
        json(200, &json!({}))
    }

    /// Takes none of the next calls with telemetry.
    pub(crate) fn refuse_telemetry(&self, calls: usize) {
        *self.inner.telemetry_refusals.lock().unwrap() = calls;
    }

    fn take_telemetry(&self, request: &Request) -> Response {
        let mut refusals = self.inner.telemetry_refusals.lock().unwrap();
        if *refusals > 0 {
            *refusals -= 1;
            return json(403, &json!({}));
        }
        let body = serde_json::from_slice(request.body()).unwrap();
        self.inner.telemetry.send_modify(|calls| calls.push(body));
        json(200, &json!({}))
    }

    /// The calls with telemetry, for which `refuse_telemetry` was not meant.
    pub(crate) fn telemetry(&self) -> Vec<Value> {
        self.inner.telemetry.borrow().clone()
    }

    /// Waits until there were so many of them.
    pub(crate) async fn told(&self, count: usize) {
        let mut calls = self.inner.telemetry.subscribe();
        let told = calls.wait_for(|calls| calls.len() >= count);
        let told = tokio::time::timeout(Duration::from_secs(20), told).await;
        told.expect("telemetry comes").unwrap();
    }

    /// Calls that came, whatever became of them.
    pub(crate) fn calls(&self) -> usize {
        *self.inner.calls.borrow()
    }

    /// Waits until this many documents are stored.
    pub(crate) async fn stored(&self, count: usize) {
        let mut calls = self.inner.calls.subscribe();
        let all = calls.wait_for(|_| self.batches().iter().map(Vec::len).sum::<usize>() >= count);
        let all = tokio::time::timeout(Duration::from_secs(20), all).await;
        assert!(
            all.is_ok(),
            "{count} documents arrive, not only {:?}",
            self.names()
        );
    }
}

fn unprocessed(documents: &[&Value], code: &str) -> Value {
    let problem =
        |document: &&Value| json!({"Id": document["id"], "ErrorCode": code, "Message": "why"});
    json!({ "UnprocessedTraceSegments": documents.iter().map(problem).collect::<Vec<_>>() })
}

impl Answer for FakeXRay {
    fn connected(&self) {
        self.inner
            .connections
            .send_modify(|connections| *connections += 1);
    }

    async fn answer(self, request: Request) -> Option<Response> {
        if request.uri().path() == "/PutLogs" {
            return Some(self.take_lines(&request));
        }
        if request.uri().path() == "/TelemetryRecords" {
            return Some(self.take_telemetry(&request));
        }
        assert_eq!(request.uri().path(), "/TraceSegments");
        self.inner.requests.lock().unwrap().push(request.clone());
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let texts = body["TraceSegmentDocuments"].as_array().unwrap();
        let documents: Vec<Value> = texts
            .iter()
            .map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap())
            .collect();
        let reply = self.inner.replies.lock().unwrap().pop_front();
        let reply = reply.unwrap_or_else(|| self.inner.always.lock().unwrap().clone());
        let has =
            |names: &[&str], document: &Value| names.iter().any(|name| document["name"] == **name);
        let store = |documents: Vec<Value>| self.inner.batches.lock().unwrap().push(documents);
        let response = match reply {
            Reply::Slow(delay) => {
                tokio::time::sleep(delay).await;
                store(documents);
                Some(json(200, &json!({})))
            }
            Reply::Refuse(status, error) => Some(json(
                status,
                &json!({"__type": error, "Message": "refused by the test"}),
            )),
            Reply::Break => None,
            Reply::RefuseWith(name) if documents.iter().any(|document| has(&[name], document)) => {
                Some(json(
                    400,
                    &json!({"__type": "InvalidRequestException", "Message": "one is bad"}),
                ))
            }
            Reply::Good | Reply::RefuseWith(_) => {
                store(documents);
                Some(json(200, &json!({})))
            }
            Reply::Unprocessed(names, code) => {
                let (bad, good): (Vec<_>, Vec<_>) =
                    documents.iter().partition(|document| has(&names, document));
                let answer = unprocessed(&bad, code);
                store(good.into_iter().cloned().collect());
                Some(json(200, &answer))
            }
        };
        self.inner.calls.send_modify(|calls| *calls += 1);
        response
    }
}
