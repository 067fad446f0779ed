//! The segments of a server's requests: by axum, on a real socket, asked by a real client.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, StatusCode};
use axum::routing::get;
use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lambda_xray::http::SegmentLayer;
use lambda_xray::recorder::{Naming, Recorder};
use lambda_xray::subsegment;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::{Layer, Service, service_fn};

use crate::receiver::{Receiver, named};
use crate::recorder::everything;
use crate::world::{PARENT, ROOT, SAMPLED};

/// A server with the layer around it, and the daemon it sends to.
struct Shop {
    address: SocketAddr,
    daemon: Receiver,
}

impl Shop {
    async fn start(naming: Naming) -> Self {
        let (daemon, recorder) = everything();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router(recorder, naming).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, daemon }
    }

    /// The status and the trace header that a request is answered with.
    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> (u16, Option<String>) {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let mut request = Request::get(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = client
            .request(request.body(Empty::new()).unwrap())
            .await
            .unwrap();
        let header = response.headers().get("x-amzn-trace-id");
        let header = header.map(|header| header.to_str().unwrap().to_owned());
        (response.status().as_u16(), header)
    }
}

fn router(recorder: Recorder, naming: Naming) -> Router {
    let peer = |extensions: &Extensions| {
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(peer.ip())
    };
    Router::new()
        .route("/orders/{order}", get(async || drop(subsegment("load"))))
        .route("/busy", get(async || StatusCode::TOO_MANY_REQUESTS))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .layer(SegmentLayer::new(recorder, naming).peer(peer))
}

#[tokio::test]
async fn a_request_is_a_segment_that_says_what_was_asked_and_answered() {
    let shop = Shop::start(Naming::fixed("shop")).await;
    let headers = [("user-agent", "a test"), ("x-amzn-trace-id", SAMPLED)];
    let (status, answer) = shop.ask("/orders/42?token=secret", &headers).await;
    assert_eq!((status, answer), (200, Some(format!("Root={ROOT}"))));

    let documents = shop.daemon.documents();
    let segment = named(&documents, "shop");
    assert_eq!(
        (&segment["trace_id"], &segment["parent_id"]),
        (&json!(ROOT), &json!(PARENT))
    );
    let expected = json!({
        "request": {
            "method": "GET",
            "url": format!("http://{}/orders/42", shop.address),
            "user_agent": "a test",
            "client_ip": "127.0.0.1",
        },
        "response": { "status": 200, "content_length": 0 },
    });
    assert_eq!(segment["http"], expected);
    assert_eq!(named(&documents, "load")["parent_id"], segment["id"]);
}

#[tokio::test]
async fn behind_a_proxy_the_client_and_the_scheme_are_the_proxys_word() {
    let shop = Shop::start(Naming::fixed("shop")).await;
    let headers = [
        ("x-forwarded-for", "192.0.2.7, 10.0.0.1"),
        ("x-forwarded-proto", "https"),
    ];
    shop.ask("/orders/42", &headers).await;
    let documents = shop.daemon.documents();
    let request = &named(&documents, "shop")["http"]["request"];
    assert_eq!(
        (&request["client_ip"], &request["x_forwarded_for"]),
        (&json!("192.0.2.7"), &json!(true))
    );
    assert_eq!(
        request["url"],
        format!("https://{}/orders/42", shop.address)
    );
}

#[tokio::test]
async fn the_status_sets_the_flags() {
    let shop = Shop::start(Naming::fixed("shop")).await;
    for (path, status, flags) in [
        ("/orders/1", 200, [false, false, false]),
        ("/nowhere", 404, [true, false, false]),
        ("/busy", 429, [true, true, false]),
        ("/broken", 500, [false, false, true]),
    ] {
        assert_eq!(shop.ask(path, &[]).await.0, status, "{path}");
        let documents = shop.daemon.documents();
        let segment = named(&documents, "shop");
        let found = ["error", "throttle", "fault"].map(|flag| segment[flag] == true);
        assert_eq!(found, flags, "{path}");
    }
}

#[tokio::test]
async fn a_segment_is_named_after_the_host_that_fits() {
    let shop = Shop::start(Naming::by_host("*.example.com", "other")).await;
    for (host, name) in [
        ("API.example.com", "API.example.com"),
        ("evil.test", "other"),
    ] {
        shop.ask("/orders/1", &[("host", host)]).await;
        named(&shop.daemon.documents(), name);
    }
}

#[tokio::test]
async fn an_error_or_a_panic_of_the_service_is_the_cause() {
    let (daemon, recorder) = everything();
    let layer = SegmentLayer::new(recorder, Naming::fixed("shop"));
    let mut failing = layer.layer(service_fn(async |_: Request<()>| {
        Err::<http::Response<Empty<Bytes>>, _>(std::io::Error::other("disk full"))
    }));
    failing.call(Request::new(())).await.unwrap_err();
    let message =
        |documents: &[Value]| named(documents, "shop")["cause"]["exceptions"][0]["message"].clone();
    assert_eq!(message(&daemon.documents()), "disk full");

    let panicking = layer.layer(service_fn(async |request: Request<()>| {
        assert!(request.uri().path() == "/fine", "no such path");
        Ok::<_, std::io::Error>(http::Response::new(Empty::<Bytes>::new()))
    }));
    let mut service = panicking;
    let answer = tokio::spawn(service.call(Request::new(())));
    assert!(answer.await.unwrap_err().is_panic());
    assert_eq!(message(&daemon.documents()), "no such path");
}

#[tokio::test]
async fn a_request_that_is_not_recorded_tells_those_it_calls() {
    let (daemon, recorder) = everything();
    let layer = SegmentLayer::new(recorder, Naming::fixed("shop"));
    let mut service = layer.layer(service_fn(async |_: Request<()>| {
        let onward = lambda_xray::trace_header().unwrap().to_string();
        Ok::<_, std::io::Error>(
            http::Response::builder()
                .header("onward", onward)
                .body(Empty::<Bytes>::new())
                .unwrap(),
        )
    }));
    let refused = format!("Root={ROOT};Parent={PARENT};Sampled=0");
    let request = Request::builder()
        .header("x-amzn-trace-id", refused.as_str())
        .body(())
        .unwrap();
    let response = service.call(request).await.unwrap();
    assert_eq!(response.headers()["onward"], refused.as_str());
    assert_eq!(daemon.came(), []);
}
