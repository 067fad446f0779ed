//! A traced server outside of Lambda: each request has a segment, what it calls gets the trace header, and the X-Ray daemon, or `xray-local`, has it all.
//!
//! ```console
//! $ xray-local &
//! $ cargo run --package axum-server &
//! $ curl -i http://127.0.0.1:3000/checkout/42
//! ```
//!
//! One request a second is recorded and of further ones 5 %, until rules in X-Ray say something else; a caller that sends `X-Amzn-Trace-Id` with `Sampled=1` is
//! always recorded.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{Extensions, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use lambda_xray::http::{SegmentLayer, TraceMiddleware};
use lambda_xray::recorder::{Naming, Platform, Recorder, Resource};
use lambda_xray::{FutureExt, subsegment};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the handlers share.
#[derive(Clone)]
struct Shop {
    client: ClientWithMiddleware,
    /// Where the stock is kept: another service, which here is this one.
    stock: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await?;
    let stock = format!("http://{}", listener.local_addr()?);
    writeln!(std::io::stdout(), "listening on {stock}")?;
    let recorder = Recorder::builder()
        .version(env!("CARGO_PKG_VERSION"))
        .resource(Resource::detect(&[Platform::Ecs]))
        .build();
    let router = router(recorder, stock).into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, router).await?)
}

fn router(recorder: Recorder, stock: String) -> Router {
    let client = ClientBuilder::new(reqwest::Client::new());
    let client = client.with(TraceMiddleware::new()).build();
    let layer = SegmentLayer::new(recorder, Naming::fixed("shop")).peer(peer);
    Router::new()
        .route("/checkout/{order}", get(checkout))
        .route("/stock/{order}", get(stock_of))
        .layer(layer)
        .with_state(Shop { client, stock })
}

/// Who is connected, as axum says it.
fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(address)| address.ip())
}

async fn checkout(
    State(shop): State<Shop>,
    Path(order): Path<String>,
) -> (StatusCode, Json<Value>) {
    let charging = subsegment("charge");
    charging.annotate("order", order.as_str());
    charge().in_subsegment(charging).await;
    match left(&shop, &order).await {
        Ok(left) => (
            StatusCode::OK,
            Json(json!({ "order": order, "left": left })),
        ),
        Err(error) => {
            let told = json!({ "error": error.to_string() });
            (StatusCode::BAD_GATEWAY, Json(told))
        }
    }
}

/// Stands for a payment.
async fn charge() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}

async fn left(shop: &Shop, order: &str) -> anyhow::Result<Value> {
    let answer = shop.client.get(format!("{}/stock/{order}", shop.stock));
    let answer = answer.send().await?.error_for_status()?;
    Ok(serde_json::from_str(&answer.text().await?)?)
}

async fn stock_of(Path(order): Path<String>) -> Result<Json<Value>, StatusCode> {
    match order.parse::<u32>() {
        Ok(order) => Ok(Json(json!(order % 7))),
        Err(_) => Err(StatusCode::NOT_FOUND),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use lambda_xray::testing;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn an_order_that_is_not_there_is_the_callers_error_and_the_shops_fault() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stock = format!("http://{}", listener.local_addr().unwrap());
        let (recorder, traces) = testing::recorder();
        let router = router(recorder, stock);
        tokio::spawn(axum::serve(listener, router.clone()).into_future());
        let request = Request::get("/checkout/none").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_GATEWAY);

        // The shop's segment, the charge, the call, and beneath the call the segment of the stock, which is the shop too.
        let [trace] = &traces.take()[..] else {
            panic!("one request is one trace")
        };
        assert_eq!(trace.names(), ["charge", "127.0.0.1", "shop"]);
        trace.find("charge").assert_annotation("order", "none");
        trace
            .find("127.0.0.1")
            .assert_error()
            .assert_beneath("shop");
        trace.root().assert_fault("");
        trace.all("shop")[1]
            .assert_error()
            .assert_beneath("127.0.0.1");
    }
}
