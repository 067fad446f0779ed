//! Calls of the AWS SDK, by a real client against the other end of its wire.

mod rows;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{
    BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use lambda_xray::aws::XRayInterceptor;
use lambda_xray::{FutureExt, subsegment};
use serde_json::{Value, json};

use crate::receiver::{Came, named};
use crate::world::{PARENT, ROOT, SAMPLED, context, invoke, traced, welcomed};

const HEADER: &str = "x-amzn-trace-id";
const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";

/// Status, headers and body of an answer.
#[derive(Clone, Copy, Debug)]
struct Answer(u16, &'static [(&'static str, &'static str)], &'static str);

const SENT: Answer = Answer(
    200,
    &[("x-amzn-requestid", "r-1"), ("content-length", "89")],
    r#"{"MessageId":"m-1","MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592"}"#,
);

/// The other end of the wire: gives the answers in turn, the last one for good, and keeps the requests.
#[derive(Clone, Debug)]
struct Service {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<HttpRequest>>>,
}

impl Service {
    fn new(answers: &[Answer]) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
            requests: Arc::default(),
        }
    }

    fn client(&self) -> SharedHttpClient {
        let service = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(service.clone()))
    }

    fn sdk_config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(credentials())
            .sleep_impl(aws_sdk_sqs::config::SharedAsyncSleep::new(NoSleep))
            .retry_config(RetryConfig::standard())
            .http_client(self.client())
            .build()
    }

    /// A header of each request that came.
    fn came_with(&self, header: &str) -> Vec<Option<String>> {
        let requests = self.requests.lock().unwrap();
        let headers = requests.iter().map(|request| request.headers().get(header));
        headers.map(|header| header.map(str::to_owned)).collect()
    }
}

impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.requests.lock().unwrap().push(request);
        let mut answers = self.answers.lock().unwrap();
        let last = answers.len() == 1;
        let answer = if last {
            answers.front().copied()
        } else {
            answers.pop_front()
        };
        HttpConnectorFuture::new(async move {
            tokio::task::yield_now().await;
            let refused = || ConnectorError::io("connection refused".into());
            answer.map(response).ok_or_else(refused)
        })
    }
}

fn response(Answer(status, headers, body): Answer) -> HttpResponse {
    let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
    for (name, value) in headers {
        response.headers_mut().insert(*name, *value);
    }
    response
}

fn credentials() -> aws_sdk_sqs::config::SharedCredentialsProvider {
    let credentials = Credentials::new("AKID", "secret", None, None, "test");
    aws_sdk_sqs::config::SharedCredentialsProvider::new(credentials)
}

/// Retries without waiting.
#[derive(Debug)]
struct NoSleep;

impl aws_sdk_sqs::config::AsyncSleep for NoSleep {
    fn sleep(&self, _: Duration) -> aws_sdk_sqs::config::Sleep {
        aws_sdk_sqs::config::Sleep::new(tokio::task::yield_now())
    }
}

fn client(service: &Service) -> Client {
    lambda_xray::aws::client!(aws_sdk_sqs, &service.sdk_config())
}

async fn send(client: &Client) -> Result<(), aws_sdk_sqs::Error> {
    let message = client.send_message().queue_url(QUEUE).message_body("hello");
    Box::pin(message.send()).await.map(drop).map_err(Into::into)
}

/// The subsegment of one message, and the requests it took.
async fn sent(answers: &[Answer]) -> (Value, Service) {
    let service = Service::new(answers);
    let client = client(&service);
    let documents = traced(|| async {
        let _ = send(&client).await;
    })
    .await;
    assert_eq!(documents.len(), 2, "{documents:#?}");
    (named(&documents, "SQS").clone(), service)
}

#[tokio::test]
async fn a_call_is_a_subsegment_and_its_request_names_it() {
    let (call, service) = sent(&[SENT]).await;
    assert_eq!(call["namespace"], "aws");
    assert_eq!(
        call["aws"],
        json!({
            "operation": "SendMessage",
            "region": "eu-west-1",
            "request_id": "r-1",
            "retries": 0,
            "queue_url": QUEUE,
            "message_id": "m-1",
        })
    );
    assert_eq!(
        call["http"],
        json!({"response": {"status": 200, "content_length": 89}})
    );
    for flag in ["error", "throttle", "fault", "cause"] {
        assert_eq!(call.get(flag), None);
    }
    let id = call["id"].as_str().unwrap();
    let header = format!("Root={ROOT};Parent={id};Sampled=1;Lineage=a:1|b:2");
    assert_eq!(service.came_with(HEADER), [Some(header)]);
    let signature = service.came_with("authorization").remove(0).unwrap();
    assert!(
        signature.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"),
        "{signature}"
    );
}

/// Lambda's variables are the process's, so that this takes another one.
#[test]
fn within_lambda_the_sdk_leaves_our_header_alone() {
    let test = "aws::a_call_is_a_subsegment_and_its_request_names_it";
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .env("_X_AMZN_TRACE_ID", SAMPLED)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[tokio::test]
async fn all_attempts_are_one_subsegment() {
    let busy = Answer(503, &[("x-amzn-requestid", "r-0")], "{}");
    let (call, service) = sent(&[busy, SENT]).await;
    assert_eq!(call["aws"]["retries"], 1);
    assert_eq!(call["aws"]["request_id"], "r-1");
    assert_eq!(call["http"]["response"]["status"], 200);
    assert_eq!(call.get("fault"), None);
    let headers = service.came_with(HEADER);
    assert_eq!(headers.len(), 2);
    assert_eq!(headers[0], headers[1]);
    assert!(
        headers[0]
            .as_ref()
            .unwrap()
            .contains(call["id"].as_str().unwrap())
    );
}

#[tokio::test]
async fn an_error_of_the_service_is_a_remote_cause() {
    let missing = Answer(
        400,
        &[("x-amzn-requestid", "r-1")],
        r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no queue"}"#,
    );
    let (call, _) = sent(&[missing]).await;
    assert_eq!(
        (call.get("error"), call.get("fault")),
        (Some(&json!(true)), None)
    );
    assert_eq!(call["aws"]["request_id"], "r-1");
    let cause = &call["cause"]["exceptions"][0];
    assert_eq!(cause["type"], "QueueDoesNotExist");
    assert_eq!(cause["message"], "no queue");
    assert_eq!(cause["remote"], true);
}

#[tokio::test]
async fn a_throttle_is_told_by_its_code_or_its_status() {
    let by_code = Answer(
        400,
        &[],
        r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow"}"#,
    );
    for throttle in [by_code, Answer(429, &[], "{}")] {
        let (call, service) = sent(&[throttle]).await;
        assert_eq!(
            (&call["error"], &call["throttle"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(call.get("fault"), None);
        let attempts = service.came_with(HEADER).len();
        assert_eq!(call["aws"]["retries"], attempts - 1);
    }
}

#[tokio::test]
async fn a_fault_of_the_service_is_a_fault() {
    let down = Answer(500, &[], r#"{"__type":"InternalFailure","message":"down"}"#);
    let (call, service) = sent(&[down]).await;
    assert_eq!(
        (call.get("error"), call.get("fault")),
        (None, Some(&json!(true)))
    );
    assert_eq!(call["aws"]["retries"], 2);
    assert_eq!(service.came_with(HEADER).len(), 3);
}

#[tokio::test]
async fn what_fails_here_is_a_fault_that_is_not_remote() {
    let (call, _) = sent(&[]).await;
    assert_eq!(call["fault"], true);
    assert_eq!(call.get("http"), None);
    let exceptions = call["cause"]["exceptions"].as_array().unwrap();
    assert!(exceptions.iter().all(|one| one.get("remote").is_none()));
    let said = exceptions
        .iter()
        .map(|one| one["message"].as_str().unwrap());
    assert!(
        said.clone().any(|message| message == "connection refused"),
        "{call:#}"
    );
    let (call, _) = sent(&[Answer(200, &[], "no json")]).await;
    assert_eq!(call["fault"], true);
    assert_eq!(call["http"]["response"]["status"], 200);
}

#[tokio::test]
async fn a_call_without_credentials_says_so() {
    let service = Service::new(&[SENT]);
    let mut config = service.sdk_config().into_builder();
    config.set_credentials_provider(None);
    let client = lambda_xray::aws::client!(aws_sdk_sqs, &config.build());
    let documents = traced(|| async {
        send(&client).await.unwrap_err();
    })
    .await;
    let call = named(&documents, "SQS");
    assert_eq!(
        (&call["fault"], &call["namespace"]),
        (&json!(true), &json!("aws"))
    );
    assert_eq!(call["aws"]["operation"], "SendMessage");
    assert_eq!(service.came_with(HEADER), []);
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_a_fault() {
    #[derive(Debug)]
    struct Never;
    impl HttpConnector for Never {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            HttpConnectorFuture::new(std::future::pending())
        }
    }
    let config = Service::new(&[]).sdk_config().into_builder();
    let config = config
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Never)))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_timeout(Duration::from_millis(1))
                .build(),
        )
        .build();
    let client = lambda_xray::aws::client!(aws_sdk_sqs, &config);
    let documents = traced(|| async {
        send(&client).await.unwrap_err();
    })
    .await;
    let call = named(&documents, "SQS");
    assert_eq!(call["fault"], true);
    assert_eq!(call["aws"]["queue_url"], QUEUE);
}

#[tokio::test]
async fn a_call_that_is_given_up_closes() {
    let service = Service::new(&[SENT]);
    let client = client(&service);
    let documents = traced(|| async {
        tokio::select! {
            biased;
            _ = send(&client) => panic!("answered"),
            () = async { while service.came_with(HEADER).is_empty() { tokio::task::yield_now().await } } => {}
        }
    })
    .await;
    let call = named(&documents, "SQS");
    assert_eq!(call.get("http"), None);
    assert!(call["end_time"].is_number());
}

#[tokio::test]
async fn calls_at_once_stand_each_beneath_their_own() {
    let service = Service::new(&[SENT]);
    let client = client(&service);
    let documents = traced(|| async {
        let one = send(&client).in_subsegment(subsegment("one"));
        let two = send(&client).in_subsegment(subsegment("two"));
        let (one, two, three) = tokio::join!(one, two, send(&client));
        one.and(two).and(three).unwrap();
    })
    .await;
    let calls = documents
        .iter()
        .filter(|document| document["name"] == "SQS");
    let mut parents: Vec<_> = calls.clone().map(|call| &call["parent_id"]).collect();
    let mut expected = ["one", "two", "orders"].map(|name| &named(&documents, name)["id"]);
    parents.sort_by_key(|id| id.as_str());
    expected.sort_by_key(|id| id.as_str());
    assert_eq!(parents, expected);
    let mut ids: Vec<_> = calls
        .map(|call| {
            Some(format!(
                "Root={ROOT};Parent={};Sampled=1;Lineage=a:1|b:2",
                call["id"].as_str().unwrap()
            ))
        })
        .collect();
    let mut headers = service.came_with(HEADER);
    ids.sort();
    headers.sort();
    assert_eq!(headers, ids);
}

#[tokio::test]
async fn where_nothing_is_recorded_the_header_goes_on() {
    let (receiver, layer) = welcomed();
    let root = format!("Root={ROOT}");
    let unsampled = format!("Root={ROOT};Parent={PARENT};Sampled=0;Lineage=a:1");
    for header in [Some(&*root), Some(&*unsampled), None] {
        let service = Service::new(&[SENT]);
        let client = client(&service);
        let answer = invoke(&layer, context("r1", header), |_| async {
            send(&client).await.unwrap();
            Ok(Value::Null)
        });
        answer.await.unwrap();
        assert_eq!(receiver.came(), [Came::End("r1".to_owned())]);
        assert_eq!(service.came_with(HEADER), [header.map(str::to_owned)]);
    }
}

#[tokio::test]
async fn outside_of_an_invocation_nothing_happens() {
    let service = Service::new(&[SENT]);
    send(&client(&service)).await.unwrap();
    assert_eq!(service.came_with(HEADER), [None]);
}

#[tokio::test]
async fn the_extension_is_told_of_a_call_with_all_that_is_known() {
    let (receiver, layer) = welcomed();
    let service = Service::new(&[SENT]);
    let client = client(&service);
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        let _ = tokio::join!(send(&client), async {
            let open =
                receiver.wait_for(|came| matches!(came, Came::Open(open) if open["name"] == "SQS"));
            let Came::Open(open) = open else { panic!() };
            assert_eq!(open["aws"]["region"], "eu-west-1");
            assert_eq!(open["aws"]["queue_url"], QUEUE);
        });
        Ok(Value::Null)
    });
    answer.await.unwrap();
}

/// As the SDK presigns: the signature goes into the query, and the request is not sent.
#[derive(Debug)]
struct Presigner;

impl Intercept for Presigner {
    fn name(&self) -> &'static str {
        "Presigner"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let signed = format!("{}?X-Amz-Date=1&X-Amz-Signature=0", context.request().uri());
        Ok(context.request_mut().set_uri(signed)?)
    }
}

#[tokio::test]
async fn presigning_makes_no_subsegment() {
    let service = Service::new(&[SENT]);
    let config = aws_sdk_sqs::config::Builder::from(&service.sdk_config());
    let config = config
        .interceptor(XRayInterceptor::new())
        .interceptor(Presigner);
    let client = Client::from_conf(config.build());
    let documents = traced(|| async { send(&client).await.unwrap() }).await;
    assert_eq!(documents.len(), 1);
    assert_eq!(service.came_with(HEADER), [None]);
}
