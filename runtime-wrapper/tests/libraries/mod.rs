//! Spans as libraries emit them, and what becomes of each: by the library itself where it is small, else with the fields that its source has.

mod layer;
#[cfg(feature = "reqwest")]
mod middleware;
#[cfg(feature = "aws")]
mod sdk;

use lambda_xray::spans::SpanLayer;
use serde_json::{Value, json};
use tracing::field::Empty;
use tracing::{Level, info_span};
use tracing_subscriber::prelude::*;

use crate::receiver::named;
use crate::world::traced;

/// The documents of one invocation, with spans of all levels.
async fn emitted<F: Future<Output = ()>>(work: impl Fn() -> F) -> Vec<Value> {
    let layer = SpanLayer::new().with_max_level(Level::TRACE);
    let _subscribed = tracing_subscriber::registry().with(layer).set_default();
    traced(work).await
}

/// Fault, error, throttle.
fn flags(document: &Value) -> [bool; 3] {
    ["fault", "error", "throttle"].map(|flag| document[flag] == true)
}

const FINE: [bool; 3] = [false, false, false];
const FAULT: [bool; 3] = [true, false, false];
const ERROR: [bool; 3] = [false, true, false];

fn message(document: &Value) -> &Value {
    &document["cause"]["exceptions"][0]["message"]
}

/// `tonic-tracing-opentelemetry` 0.42, around a client of `tonic`; `tonic` itself has no spans.
async fn grpc(host: &'static str, code: u16) -> Value {
    let documents = emitted(|| async {
        let call = info_span!(
            target: "otel::tracing",
            "GRPC request",
            http.user_agent = %"",
            otel.name = "orders.Orders/Place",
            otel.kind = %"Client",
            otel.status_code = Empty,
            rpc.system = "grpc",
            rpc.service = %"orders.Orders",
            rpc.method = %"Place",
            rpc.grpc.status_code = Empty,
            server.address = %host,
            server.port = 50051,
            exception.message = Empty,
            exception.details = Empty,
        );
        call.record("rpc.grpc.status_code", code);
        call.record("otel.status_code", if code == 0 { "OK" } else { "ERROR" });
    })
    .await;
    documents[0].clone()
}

#[tokio::test]
async fn tonic_calls_a_host_and_its_code_sets_the_flags() {
    let fine = grpc("orders.example.com", 0).await;
    assert_eq!(fine["name"], "orders.example.com");
    assert_eq!(fine["namespace"], "remote");
    assert_eq!(fine.get("http"), None);
    let said = &fine["metadata"]["default"];
    assert_eq!(said["rpc.method"], "Place");
    assert_eq!(said["span"], "orders.Orders/Place");
    assert_eq!(flags(&fine), FINE);
    assert_eq!(flags(&grpc("a", 5).await), ERROR);
    assert_eq!(flags(&grpc("a", 8).await), [false, true, true]);
    assert_eq!(flags(&grpc("a", 14).await), FAULT);
    assert_eq!(grpc("", 0).await["name"], "orders.Orders");
}

/// `tracing-actix-web` 0.7, and `axum-tracing-opentelemetry` 0.33.
#[tokio::test]
async fn servers_are_no_calls_to_others() {
    let documents = emitted(|| async {
        let actix = info_span!(
            "HTTP request",
            http.method = %"GET",
            http.route = %"/orders/{id}",
            http.flavor = %"1.1",
            http.scheme = %"https",
            http.host = %"example.com",
            http.client_ip = %"192.0.2.1",
            http.user_agent = %"curl/8",
            http.target = %"/orders/7?token=s3cret",
            http.status_code = Empty,
            otel.name = %"GET /orders/{id}",
            otel.kind = "server",
            otel.status_code = Empty,
            exception.message = Empty,
            exception.details = Empty,
        );
        actix.record("exception.message", "no such order");
        actix.record("http.status_code", 404);
        actix.record("otel.status_code", "OK");
        let axum = info_span!(
            target: "otel::tracing",
            "HTTP request",
            http.request.method = %"POST",
            http.route = "/orders",
            server.address = "example.com",
            server.port = 8080,
            http.client.address = "192.0.2.1",
            user_agent.original = "",
            http.response.status_code = Empty,
            url.path = "/orders",
            url.query = "token=s3cret",
            url.scheme = "http",
            otel.name = %"POST /orders",
            otel.kind = %"Server",
            otel.status_code = Empty,
            exception.message = Empty,
            "span.type" = %"web",
        );
        axum.record("http.response.status_code", 500);
        axum.record("otel.status_code", "ERROR");
    })
    .await;
    let actix = named(&documents, "GET /orders/_id_");
    let request = json!({
        "method": "GET", "url": "https://example.com/orders/7", "user_agent": "curl/8", "client_ip": "192.0.2.1",
    });
    assert_eq!(
        actix["http"],
        json!({"request": request, "response": {"status": 404}})
    );
    assert_eq!(flags(actix), ERROR);
    assert_eq!(*message(actix), "no such order");
    let axum = named(&documents, "POST /orders");
    let request = json!({"method": "POST", "url": "http://example.com:8080/orders", "client_ip": "192.0.2.1"});
    assert_eq!(
        axum["http"],
        json!({"request": request, "response": {"status": 500}})
    );
    assert_eq!(flags(axum), FAULT);
    for served in [actix, axum] {
        assert_eq!(served.get("namespace"), None);
        assert!(!served.to_string().contains("s3cret"));
    }
}

/// What the names of conventions say that no library above uses.
#[tokio::test]
async fn conventions_are_read_as_they_are_written() {
    let documents = emitted(|| async {
        drop(info_span!("a", peer.service = "payments", otel.name = "charge", url.full = "http://host/"));
        drop(info_span!(
            "b", db.system.name = "postgresql", db.namespace = "orders", db.query.text = "SELECT 's3cret'",
            db.query.parameter.customer = "s3cret", db.operation.name = "SELECT",
        ));
        drop(info_span!("c", otel.kind = "producer", messaging.system = "kafka", messaging.destination.name = "orders"));
        drop(info_span!("d", error.type = "timeout", otel.status_description = "no answer from http://u:s3cret@h/?s3cret"));
        let later = info_span!("e", otel.kind = "client", server.address = Empty, otel.name = Empty);
        later.record("server.address", "late.example.com");
        later.record("otel.name", "GET /");
        drop(later);
        drop(info_span!("f", rpc.response.status_code = "UNAVAILABLE"));
        drop(info_span!(target: "h2::proto::connection", "Connection"));
    })
    .await;
    let names: Vec<_> = documents
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let expected = [
        "payments",
        "orders",
        "orders",
        "d",
        "late.example.com",
        "f",
        "orders",
    ];
    assert_eq!(names, expected);
    assert_eq!(documents[0]["metadata"]["default"]["span"], "charge");
    assert_eq!(documents[0]["namespace"], "remote");
    assert_eq!(documents[1]["sql"]["sanitized_query"], "SELECT ?");
    assert_eq!(documents[2]["namespace"], "remote");
    assert_eq!(flags(&documents[3]), FAULT);
    assert_eq!(*message(&documents[3]), "no answer from http://h/");
    assert_eq!(documents[3]["cause"]["exceptions"][0]["type"], "timeout");
    assert_eq!(documents[4]["metadata"]["default"]["span"], "GET /");
    assert_eq!(flags(&documents[5]), FAULT);
    assert!(!format!("{documents:?}").contains("s3cret"));
}
