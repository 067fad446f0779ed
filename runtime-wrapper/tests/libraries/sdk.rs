//! A client of the AWS SDK.

use std::time::Duration;

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{
    AsyncSleep, BehaviorVersion, Credentials, Region, SharedAsyncSleep, Sleep,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::*;

/// No timeout is ever over.
#[derive(Debug)]
struct Forever;

impl AsyncSleep for Forever {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::pending())
    }
}

#[derive(Debug)]
struct Refusing;

impl HttpConnector for Refusing {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user("refused".into())))
    }
}

#[tokio::test]
async fn a_call_is_one_of_its_service() {
    let documents = emitted(|| async {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("AKID", "s3cret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .sleep_impl(SharedAsyncSleep::new(Forever))
            .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Refusing)))
            .build();
        let client = aws_sdk_sqs::Client::from_conf(config);
        let _ = client.list_queues().send().await;
    })
    .await;
    // Not the dozen of spans within it.
    assert_eq!(documents.len(), 2, "{documents:#?}");
    let call = named(&documents, "SQS");
    assert_eq!(call["namespace"], "aws");
    assert_eq!(call["aws"]["operation"], "ListQueues");
    assert_eq!(call["metadata"]["default"]["span"], "SQS.ListQueues");
}
