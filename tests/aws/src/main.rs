//! A function that calls AWS services with their real clients, each of them traced by the interceptor.
//!
//! The event `{"service": "s3"}` has it make the calls of that service, which are in a module of that name; the answer says what came of each,
//! in their order. `AWS_ENDPOINT_URL` says where the services are: no AWS is asked.

mod calls;
mod dynamodb;
mod lambda;
mod s3;
mod secretsmanager;
mod sns;
mod sqs;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_types::SdkConfig;
use aws_types::region::Region;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

use crate::calls::Calls;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = configured()?;
    lambda_xray::run(service_fn(|event| handle(event, &config))).await
}

fn configured() -> Result<SdkConfig, Error> {
    let credentials = Credentials::new("any", "any", None, None, "the test");
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(std::env::var("AWS_ENDPOINT_URL")?)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().build_http())
        .build())
}

async fn handle(event: LambdaEvent<Value>, config: &SdkConfig) -> Result<Value, Error> {
    let mut calls = Calls::default();
    match event.payload.get("service").and_then(Value::as_str) {
        Some("dynamodb") => dynamodb::call(config, &mut calls).await,
        Some("lambda") => lambda::call(config, &mut calls).await,
        Some("s3") => s3::call(config, &mut calls).await,
        Some("secretsmanager") => secretsmanager::call(config, &mut calls).await,
        Some("sns") => sns::call(config, &mut calls).await,
        Some("sqs") => sqs::call(config, &mut calls).await,
        _ => return Err("no such service".into()),
    }
    // The wrapper counts what it opened; the tests ask what came of it.
    Ok(json!({ "calls": calls.outcomes() }))
}
