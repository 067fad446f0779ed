//! A local X-Ray of one's own for each test, and a client that shows everything of an answer.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use xray_local::{Config, Local, Running};

/// A running service and the folder of its store.
pub(crate) struct Service {
    pub(crate) running: Running,
    _folder: TempDir,
}

/// An answer, as it came.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::start_with(|config| config).await
    }

    pub(crate) async fn start_with(adjust: impl FnOnce(Config) -> Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("made/on/start");
        let running = Local::start(adjust(Config::new(data))).await.unwrap();
        Self {
            running,
            _folder: folder,
        }
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        send(self.running.addr(), request).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        post(self.running.addr(), path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        get(self.running.addr(), path).await
    }

    /// Calls an operation that has to succeed.
    pub(crate) async fn call(&self, path: &str, input: &Value) -> Value {
        let answer = self.post(path, input.to_string()).await;
        assert_eq!(answer.status, 200, "{path} {input}: {:?}", answer.body);
        answer.json()
    }

    /// Puts documents that all have to be taken.
    pub(crate) async fn put(&self, documents: &[Value]) {
        let texts: Vec<_> = documents.iter().map(Value::to_string).collect();
        let input = json!({ "TraceSegmentDocuments": texts });
        let output = self.call("/TraceSegments", &input).await;
        assert_eq!(output, json!({ "UnprocessedTraceSegments": [] }));
    }

    /// The compiled segments of a trace.
    pub(crate) async fn trace(&self, id: &str) -> Vec<Value> {
        let output = self.call("/Traces", &json!({ "TraceIds": [id] })).await;
        segments(&output)
    }
}

/// The documents of the first trace of a `BatchGetTraces`.
pub(crate) fn segments(output: &Value) -> Vec<Value> {
    let segments = output["Traces"][0]["Segments"].as_array().unwrap();
    let document = |segment: &Value| {
        let document: Value = serde_json::from_str(segment["Document"].as_str().unwrap()).unwrap();
        assert_eq!(document["id"], segment["Id"]);
        document
    };
    segments.iter().map(document).collect()
}

pub(crate) async fn post(addr: SocketAddr, path: &str, body: impl Into<Bytes>) -> Answer {
    let request = Request::post(path).header("Host", addr.to_string());
    send(addr, request.body(Full::from(body.into())).unwrap()).await
}

pub(crate) async fn get(addr: SocketAddr, path: &str) -> Answer {
    let request = Request::get(path).header("Host", addr.to_string());
    send(addr, request.body(Full::default()).unwrap()).await
}

pub(crate) async fn send(addr: SocketAddr, request: Request<Full<Bytes>>) -> Answer {
    let stream = TcpStream::connect(addr).await.unwrap();
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let answer = sender.send_request(request).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    Answer {
        status,
        headers,
        body,
    }
}
