//! Calls of real AWS clients, from a real function: what their subsegments say, and what went over the wire.

use std::collections::HashSet;

use end_to_end::{Arrived, Environment, Moto, Program, Setup, python};
use serde_json::{Value, json};

/// The subsegments of the calls that an invocation made, in their order.
struct Calls {
    answers: Vec<String>,
    documents: Vec<Arrived>,
}

impl Calls {
    async fn of(environment: &mut Environment, service: &str) -> Self {
        let invocation = environment.invoke(json!({ "service": service })).await;
        assert!(invocation.is_success(), "{service}: {invocation:?}");
        let answers = invocation.json()["calls"].as_array().unwrap().clone();
        let mut documents = environment.documents(&invocation);
        documents.retain(|document| document.text("namespace") == "aws");
        let start = |document: &Arrived| document.json["start_time"].as_f64().unwrap();
        documents.sort_by(|left, right| start(left).total_cmp(&start(right)));
        let calls = Self {
            answers: answers
                .iter()
                .map(|answer| answer.as_str().unwrap().to_owned())
                .collect(),
            documents,
        };
        calls.check_each();
        calls
    }

    /// What holds for each call, whatever it is.
    fn check_each(&self) {
        assert_eq!(
            self.documents.len(),
            self.answers.len(),
            "{:?}",
            self.answers
        );
        for (answer, document) in self.answers.iter().zip(&self.documents) {
            let (operation, outcome) = answer.split_once(": ").unwrap();
            let aws = &document.json["aws"];
            assert_eq!(aws["operation"], operation, "{answer}: {aws}");
            assert_eq!(aws["region"], "eu-central-1", "{answer}: {aws}");
            assert!(
                aws["request_id"].as_str().is_some_and(|id| id.len() > 8),
                "{answer}: {aws}"
            );
            let status = document.json["http"]["response"]["status"]
                .as_u64()
                .unwrap();
            let failed = outcome != "ok";
            assert_eq!(failed, status >= 400, "{answer}: {status}");
            assert_eq!(
                document.flag("error"),
                failed,
                "{answer}: {:#}",
                document.json
            );
            assert!(
                !document.flag("fault") && !document.flag("throttle"),
                "{answer}"
            );
        }
    }

    /// All are of this service, and these are the outcomes; then each call's `aws` has these fields, and its cause is this `exception`.
    #[track_caller]
    fn are(&self, service: &str, expected: &[(&str, Value)]) {
        let answers: Vec<_> = expected.iter().map(|(answer, _)| *answer).collect();
        assert_eq!(self.answers, answers);
        for ((answer, fields), document) in expected.iter().zip(&self.documents) {
            assert_eq!(document.text("name"), service);
            let mut fields = fields.as_object().unwrap().clone();
            let exception = &document.json["cause"]["exceptions"][0];
            let of_service = fields.remove("exception").unwrap_or_default();
            assert_eq!(exception["type"], of_service, "{answer}: {exception}");
            assert_eq!(
                exception["remote"] == true,
                of_service.is_string(),
                "{answer}: {exception}"
            );
            for (name, value) in &fields {
                let aws = &document.json["aws"];
                assert_eq!(&aws[name], value, "{answer}: {name} in {aws:#}");
            }
        }
    }
}

/// Names the trace and the very subsegment in the header of each request, so that what the service does is seen beneath the call.
fn check_headers(moto: &Moto, documents: &[Arrived]) {
    let requests = moto.requests();
    let headers: Vec<_> = requests
        .iter()
        .map(|request| {
            request["headers"]["X-Amzn-Trace-Id"]
                .as_str()
                .unwrap_or_default()
        })
        .collect();
    for document in documents {
        let (trace, id) = (document.text("trace_id"), document.text("id"));
        let names_it = |header: &&&str| {
            let parts: HashSet<_> = header.split(';').collect();
            parts.contains(&*format!("Root={trace}")) && parts.contains(&*format!("Parent={id}"))
        };
        assert_eq!(
            headers.iter().filter(names_it).count(),
            1,
            "{id} in {headers:#?}"
        );
    }
    assert_eq!(headers.len(), documents.len(), "every request is a call");
}

async fn dynamodb(environment: &mut Environment) -> Calls {
    let calls = Calls::of(environment, "dynamodb").await;
    calls.are("DynamoDB", &[
        ("CreateTable: ok", json!({"table_name": "orders"})),
        ("PutItem: ok", json!({"table_name": "orders", "consumed_capacity": {"TableName": "orders", "CapacityUnits": 1.0}})),
        ("GetItem: ok", json!({"table_name": "orders", "consistent_read": true})),
        ("Query: ok", json!({"table_name": "orders", "count": 1, "scanned_count": 1})),
        ("BatchGetItem: ok", json!({"table_names": ["orders"]})),
        ("ListTables: ok", json!({"table_count": 1})),
        ("GetItem: ResourceNotFoundException", json!({"exception": "ResourceNotFoundException", "table_name": "no-such-table"})),
    ]);
    calls
}

async fn s3(environment: &mut Environment) -> Calls {
    let calls = Calls::of(environment, "s3").await;
    calls.are("S3", &[
        ("CreateBucket: ok", json!({"bucket_name": "shop"})),
        ("PutBucketVersioning: ok", json!({"bucket_name": "shop"})),
        ("PutObject: ok", json!({"bucket_name": "shop", "key": "orders/a b.json"})),
        ("GetObject: ok", json!({"bucket_name": "shop", "key": "orders/a b.json"})),
        ("CopyObject: ok", json!({"bucket_name": "shop", "key": "copy", "copy_source": "shop/orders%2Fa%20b.json"})),
        ("ListObjectsV2: ok", json!({"bucket_name": "shop", "prefix": "orders/"})),
        ("ListBuckets: ok", json!({"bucket_name": null})),
        ("DeleteObject: ok", json!({"bucket_name": "shop", "key": "orders/a b.json", "delete_marker": true})),
        ("GetObject: NoSuchKey", json!({"exception": "NoSuchKey", "bucket_name": "shop", "key": "missing"})),
    ]);
    let [put, get] = [2, 3].map(|call: usize| &calls.documents[call].json["aws"]["version_id"]);
    assert!(
        put.is_string() && put == get,
        "the version that was put is the one that was got: {put}, {get}"
    );
    calls
}

async fn sqs(environment: &mut Environment, url: &str) -> Calls {
    let queue = format!("{url}/123456789012/orders");
    let calls = Calls::of(environment, "sqs").await;
    calls.are("SQS", &[
        ("CreateQueue: ok", json!({"queue_name": "orders"})),
        ("SendMessage: ok", json!({"queue_url": queue})),
        ("SendMessageBatch: ok", json!({"queue_url": queue, "message_count": 2, "successful_count": 2, "failed_count": 0})),
        ("ReceiveMessage: ok", json!({"queue_url": queue, "max_number_of_messages": 10, "message_count": 3})),
        ("ListQueues: ok", json!({"queue_count": 1})),
        ("GetQueueUrl: AWS.SimpleQueueService.NonExistentQueue", json!({"exception": "QueueDoesNotExist", "queue_name": "no-such-queue"})),
    ]);
    calls
}

async fn sns(environment: &mut Environment) -> Calls {
    let topic = "arn:aws:sns:eu-central-1:123456789012:orders";
    let calls = Calls::of(environment, "sns").await;
    calls.are(
        "SNS",
        &[
            ("CreateTopic: ok", json!({})),
            ("Publish: ok", json!({"topic_arn": topic})),
            (
                "Publish: NotFound",
                json!({"exception": "NotFound", "topic_arn": "arn:aws:sns:eu-central-1:123456789012:missing"}),
            ),
        ],
    );
    calls
}

async fn lambda(environment: &mut Environment) -> Calls {
    let calls = Calls::of(environment, "lambda").await;
    calls.are(
        "Lambda",
        &[
            (
                "Invoke: ok",
                json!({"function_name": "billing", "status_code": 200}),
            ),
            (
                "GetFunction: ResourceNotFoundException",
                json!({"exception": "ResourceNotFoundException"}),
            ),
        ],
    );
    calls
}

async fn secrets_manager(environment: &mut Environment) -> Calls {
    let calls = Calls::of(environment, "secretsmanager").await;
    calls.are(
        "Secrets Manager",
        &[
            ("CreateSecret: ok", json!({"name": "card-key"})),
            ("GetSecretValue: ok", json!({"secret_id": "card-key"})),
            (
                "GetSecretValue: ResourceNotFoundException",
                json!({"exception": "ResourceNotFoundException", "secret_id": "no-such-secret"}),
            ),
        ],
    );
    calls
}

#[tokio::test]
async fn what_real_clients_call_is_recorded() {
    let Some(python) = python() else { return };
    let moto = Moto::start(&python).await;
    moto.create_lambda_function("billing").await;
    moto.record().await;
    let mut environment = Setup::default()
        .function(Program::AwsCalls)
        .env("AWS_ENDPOINT_URL", &moto.url())
        .start()
        .await;
    let environment = &mut environment;

    let calls = [
        dynamodb(environment).await,
        s3(environment).await,
        sqs(environment, &moto.url()).await,
        sns(environment).await,
        lambda(environment).await,
        secrets_manager(environment).await,
    ];
    let documents: Vec<_> = calls
        .into_iter()
        .flat_map(|calls| calls.documents)
        .collect();
    check_headers(&moto, &documents);
    for document in environment.xray.arrived() {
        let secret = document.json.to_string().contains("open sesame");
        assert!(!secret, "a secret is told: {document:?}");
    }
}
