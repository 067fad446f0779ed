//! A traced function behind API Gateway that looks orders up in `DynamoDB`: the function subsegment says the request and its answer, and each call to `DynamoDB`
//! is a subsegment with its table.
//!
//! Invoke it with an event of an HTTP API, or of a function URL:
//! `{"version": "2.0", "rawPath": "/orders/42", "pathParameters": {"order": "42"}, "requestContext": {"http": {"method": "GET"}}}`

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use lambda_xray::request::Details;
use lambda_xray::{FutureExt, init_subsegment, record_request, record_response};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let tls = Provider::Rustls(CryptoMode::Ring);
    let https = Builder::new().tls_provider(tls).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(https);
    let configuring = init_subsegment("configure");
    let config = config.load().in_subsegment(configuring).await;
    let orders = Orders {
        dynamodb: lambda_xray::aws::client!(aws_sdk_dynamodb, &config),
        table: std::env::var("ORDERS_TABLE")?,
    };
    lambda_xray::run(service_fn(|event| answer(event, &orders))).await
}

/// The orders, by their number.
struct Orders {
    dynamodb: Client,
    table: String,
}

impl Orders {
    /// The amount of an order, in cents.
    async fn amount(&self, order: &str) -> Result<Option<u64>, Error> {
        let order = AttributeValue::S(order.to_owned());
        let call = self.dynamodb.get_item().table_name(&self.table);
        let found = call.key("order", order).send().await?.item;
        let amount = found.and_then(|item| item.get("amount")?.as_n().ok()?.parse().ok());
        Ok(amount)
    }
}

async fn answer(event: LambdaEvent<Value>, orders: &Orders) -> Result<Value, Error> {
    if let Some(request) = Details::of(&event.payload) {
        record_request(&request);
    }
    let order = event.payload.pointer("/pathParameters/order");
    let order = order.and_then(Value::as_str);
    let amount = match order {
        Some(order) => orders.amount(order).await?,
        None => None,
    };
    let (status, body) = match amount {
        Some(amount) => (200, json!({ "order": order, "amount": amount })),
        None => (404, json!({ "error": "no such order" })),
    };
    let body = body.to_string();
    record_response(status, Some(body.len() as u64));
    Ok(json!({
        "statusCode": status,
        "headers": { "content-type": "application/json" },
        "body": body,
    }))
}
