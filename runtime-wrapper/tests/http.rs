//! Calls over HTTP, by real clients against a server on a real socket.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use allocation_counter::measure;
use axum::Router;
use axum::extract::State;
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lambda_xray::http::{TraceLayer, TraceService};
use lambda_xray::{Context, FutureExt, subsegment};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Notify;
use tower::{Layer, Service, service_fn};

use crate::receiver::{Came, named};
use crate::world::{ROOT, context, invoke, traced, welcomed};

const HEADER: &str = "x-amzn-trace-id";

/// The path of a request, and its trace headers.
type Asked = (String, Vec<String>);

/// A server that answers with the status its path asks for, and keeps the trace headers that came.
#[derive(Clone)]
pub(crate) struct Server {
    address: SocketAddr,
    headers: Arc<Mutex<Vec<Asked>>>,
    /// Told when a request for `/never` is there.
    never: Arc<Notify>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            headers: Arc::default(),
            never: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    pub(crate) fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.address)
    }

    /// The trace headers of the one request for this path.
    #[track_caller]
    pub(crate) fn came(&self, path: &str) -> Vec<String> {
        let headers = self.headers.lock().unwrap();
        let mut found = headers.iter().filter(|(came, _)| came == path);
        match (found.next(), found.next()) {
            (Some((_, headers)), None) => headers.clone(),
            _ => panic!("{path} in {headers:?}"),
        }
    }
}

async fn answer(
    State(server): State<Server>,
    uri: Uri,
    came: HeaderMap,
) -> (StatusCode, &'static str) {
    let path = uri.path().to_owned();
    let request = (path.clone(), headers(&came));
    server.headers.lock().unwrap().push(request);
    if path == "/never" {
        server.never.notify_one();
        std::future::pending::<()>().await;
    }
    let status = path.trim_start_matches('/').parse().ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    (status.unwrap_or(StatusCode::OK), "hello")
}

fn headers(headers: &HeaderMap) -> Vec<String> {
    let headers = headers.get_all(HEADER).iter();
    headers
        .map(|header| header.to_str().unwrap().to_owned())
        .collect()
}

type Traced = TraceService<Client<HttpConnector, String>>;

fn client() -> Traced {
    TraceLayer::new().layer(Client::builder(TokioExecutor::new()).build_http())
}

fn get(url: &str) -> Request<String> {
    Request::get(url).body(String::new()).unwrap()
}

async fn status(url: &str) -> u16 {
    client().call(get(url)).await.unwrap().status().as_u16()
}

/// What a callee is to be sent by the subsegment.
pub(crate) fn sent_by(document: &Value) -> String {
    let id = document["id"].as_str().unwrap();
    format!("Root={ROOT};Parent={id};Sampled=1;Lineage=a:1|b:2")
}

#[tokio::test]
async fn a_call_is_a_remote_subsegment_and_the_callee_its_child() {
    let server = Server::start().await;
    let documents = traced(|| async {
        let url = server
            .url("/200?token=s3cret")
            .replace("//", "//ada:s3cret@");
        let mut request = get(&url);
        for old in ["Root=1-old", "Root=1-older"] {
            request.headers_mut().append(HEADER, old.parse().unwrap());
        }
        let page = subsegment("page");
        let response = client().call(request).in_subsegment(page).await.unwrap();
        assert_eq!(response.status(), 200);
    })
    .await;
    let call = named(&documents, "127.0.0.1");
    assert_eq!(call["namespace"], "remote");
    let http = json!({
        "request": {"method": "GET", "url": server.url("/200")},
        "response": {"status": 200, "content_length": 5},
    });
    assert_eq!(call["http"], http);
    for flag in ["error", "throttle", "fault", "cause", "in_progress"] {
        assert_eq!(call.get(flag), None, "{flag}");
    }
    assert_eq!(server.came("/200"), [sent_by(call)]);
}

#[tokio::test]
async fn the_status_sets_the_flags() {
    let server = Server::start().await;
    for (code, flags) in [
        (302, [false, false, false]),
        (404, [true, false, false]),
        (429, [true, true, false]),
        (500, [false, false, true]),
        (503, [false, false, true]),
    ] {
        let url = &server.url(&format!("/{code}"));
        let documents = traced(|| async { assert_eq!(status(url).await, code) }).await;
        let call = named(&documents, "127.0.0.1");
        assert_eq!(call["http"]["response"]["status"], code);
        let said = ["error", "throttle", "fault"].map(|flag| call[flag] == true);
        assert_eq!(said, flags, "{code}");
        assert_eq!(call.get("cause"), None);
    }
}

/// A port that is held, so that nobody listens at it.
pub(crate) struct Refusing(TcpSocket);

impl Refusing {
    pub(crate) fn bind() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    pub(crate) fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.0.local_addr().unwrap())
    }
}

#[tokio::test]
async fn a_refused_connection_is_a_fault_with_its_sources() {
    let refusing = Refusing::bind();
    let url = &refusing.url("/a?token=s3cret");
    let documents = traced(|| async {
        let error = client().call(get(url)).await.unwrap_err();
        assert!(error.is_connect());
    })
    .await;
    let call = named(&documents, "127.0.0.1");
    assert_eq!(call["fault"], true);
    assert_eq!(call["http"].get("response"), None);
    let exceptions = call["cause"]["exceptions"].as_array().unwrap();
    let last = exceptions.last().unwrap();
    assert!(exceptions.len() > 1, "{exceptions:?}");
    assert_eq!(last["type"], "std::io::Error");
    assert!(last["message"].as_str().unwrap().contains("refused"));
    assert_eq!(exceptions[0]["cause"], exceptions[1]["id"]);
    assert!(!call.to_string().contains("s3cret"));
}

#[tokio::test]
async fn a_dropped_call_closes_without_a_response() {
    let server = Server::start().await;
    let documents = traced(|| async {
        let mut client = client();
        tokio::select! {
            _ = client.call(get(&server.url("/never"))) => panic!("it answered"),
            () = server.never.notified() => {}
        }
    })
    .await;
    let call = named(&documents, "127.0.0.1");
    assert_eq!(call["http"].get("response"), None);
    assert!(call["end_time"].is_number());
    assert_eq!(call.get("fault"), None);
}

#[tokio::test]
async fn calls_at_once_stand_beside_each_other() {
    let server = Server::start().await;
    let documents = traced(|| async {
        let (a, b) = (server.url("/a"), server.url("/b"));
        tokio::join!(status(&a), status(&b));
    })
    .await;
    let orders = named(&documents, "orders");
    let calls = documents.iter().filter(|call| call["name"] == "127.0.0.1");
    let calls: Vec<_> = calls.collect();
    assert_eq!(calls.len(), 2);
    for call in calls {
        assert_eq!(call["parent_id"], orders["id"]);
        let url = call["http"]["request"]["url"].as_str().unwrap();
        let path = url.strip_prefix(&server.url("")).unwrap();
        assert_eq!(server.came(path), [sent_by(call)]);
    }
}

#[tokio::test]
async fn what_the_client_opens_stands_beneath() {
    let documents = traced(|| async {
        let inner = service_fn(|_: Request<()>| {
            drop(subsegment("made"));
            async {
                let _awaited = subsegment("awaited");
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(Response::new(()))
            }
        });
        let request = Request::get("http://a.test/").body(()).unwrap();
        let Ok(_) = TraceLayer::new().layer(inner).call(request).await;
        drop(subsegment("after"));
    })
    .await;
    let call = &named(&documents, "a.test")["id"];
    for name in ["made", "awaited"] {
        assert_eq!(named(&documents, name)["parent_id"], *call, "{name}");
    }
    assert_ne!(named(&documents, "after")["parent_id"], *call);
}

#[tokio::test]
async fn where_nothing_is_recorded_the_header_goes_on_as_it_came() {
    let server = Server::start().await;
    let (receiver, layer) = welcomed();
    let unsampled = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:1|b:2");
    let passed_on = format!("Root={ROOT};Lineage=a:1|b:2");
    for (path, header) in [("/0", &unsampled), ("/1", &passed_on)] {
        let url = &server.url(path);
        let answer = invoke(&layer, context("r1", Some(header)), |_| async move {
            status(url).await;
            Ok(Value::Null)
        });
        answer.await.unwrap();
        assert_eq!(server.came(path), [header.as_str()]);
        assert_eq!(receiver.came(), [Came::End("r1".to_owned())]);
    }
}

/// What a call costs in allocations, of a client that costs none, with a header map that has room.
fn allocations() -> u64 {
    let inner =
        service_fn(|_: Request<()>| std::future::ready(Ok::<_, Infallible>(Response::new(()))));
    let mut client = TraceLayer::new().layer(inner);
    let mut request = Request::get("http://a.test/?b").body(()).unwrap();
    request.headers_mut().reserve(8);
    let allocated = measure(|| drop(client.call(request)));
    allocated.count_total
}

#[tokio::test]
async fn where_nothing_is_recorded_only_the_header_is_allocated() {
    let (_receiver, layer) = welcomed();
    let unsampled = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0");
    let answer = invoke(&layer, context("r1", Some(&unsampled)), |_| async {
        assert!(!Context::current().is_recorded());
        let header = measure(|| {
            let header = lambda_xray::trace_header().map(|header| header.to_string());
            drop(header.map(http::HeaderValue::try_from));
        });
        assert_eq!(allocations(), header.count_total);
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert_eq!(allocations(), 0);
}

#[tokio::test]
async fn outside_of_an_invocation_a_request_is_not_touched() {
    let server = Server::start().await;
    let mut request = get(&server.url("/own"));
    request.headers_mut().insert(HEADER, "own".parse().unwrap());
    client().call(request).await.unwrap();
    assert_eq!(server.came("/own"), ["own"]);
    status(&server.url("/none")).await;
    assert!(server.came("/none").is_empty());
}
