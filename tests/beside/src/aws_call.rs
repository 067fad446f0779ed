//! A call of the AWS SDK whose other end answers at once: without the interceptor, and what that adds.

use std::time::Instant;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use lambda_runtime::tower::Layer;
use lambda_runtime::{LambdaEvent, Service, service_fn};
use lambda_xray::aws::XRayInterceptor;

use crate::Error;
use crate::measure::Cost;
use crate::xray;

const CALLS: usize = 5_000;

/// Answers every request.
#[derive(Clone, Copy, Debug)]
struct Queue;

impl HttpConnector for Queue {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = StatusCode::try_from(200).expect("a status of HTTP");
        let body = r#"{"MessageId":"m-1","MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592"}"#;
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        response.headers_mut().insert("x-amzn-requestid", "r-1");
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn client(traced: bool) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("any", "any", None, None, "beside"))
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Queue)));
    let config = match traced {
        true => config.interceptor(XRayInterceptor::new()),
        false => config,
    };
    Client::from_conf(config.build())
}

/// A call within an invocation that is sampled or not, with the interceptor or without.
pub async fn call(sampled: bool, traced: bool) -> Result<Cost, Error> {
    let client = client(traced);
    let mut service = xray::layer().layer(service_fn(|_: LambdaEvent<()>| many(&client)));
    let event = LambdaEvent::new((), xray::context(sampled));
    service.call(event).await
}

async fn many(client: &Client) -> Result<Cost, Error> {
    let mut took = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let start = Instant::now();
        let queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";
        let message = client.send_message().queue_url(queue);
        message.message_body("hello").send().await?;
        took.push(start.elapsed());
    }
    took.sort();
    let median = took.get(CALLS / 2).copied().unwrap_or_default();
    Ok(Cost {
        nanoseconds: median.as_secs_f64() * 1e9,
        allocations: None,
    })
}
