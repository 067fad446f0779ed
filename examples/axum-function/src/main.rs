//! A traced function that is an `axum` router: the function subsegment says which request an invocation answered, and what its handlers open stands beneath.
//!
//! Behind API Gateway, a load balancer or a function URL, whose events `lambda_http` turns into requests.

use std::time::Duration;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use lambda_http::{Adapter, Error};
use lambda_xray::http::FunctionLayer;
use lambda_xray::{FutureExt, subsegment};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let router = Router::new().route("/orders/{order}", get(order));
    lambda_xray::run(Adapter::from(router.layer(FunctionLayer::new()))).await
}

async fn order(Path(order): Path<String>) -> Result<Json<Value>, StatusCode> {
    let loading = subsegment("load");
    loading.annotate("order", order.as_str());
    match load(&order).in_subsegment(loading).await {
        Some(amount) => Ok(Json(json!({ "order": order, "amount": amount }))),
        None => Err(StatusCode::NOT_FOUND),
    }
}

/// Stands for a database, which has orders by number.
async fn load(order: &str) -> Option<u64> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    Some(order.parse::<u64>().ok()? * 125)
}
