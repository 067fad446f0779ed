//! The functions that users copy from, as they stand.

use std::net::SocketAddr;
use std::process::Stdio;

use end_to_end::{Arrived, LocalXRay, Moto, Program, Setup, get, python};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A sender that was traced.
const SENDER: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

fn named<'d>(documents: &'d [Arrived], name: &str) -> Vec<&'d Value> {
    let found = documents.iter().filter(|found| found.text("name") == name);
    found.map(|document| &document.json).collect()
}

/// The function subsegment, which knows whether it was cold.
fn function(documents: &[Arrived]) -> &Value {
    let mut all = documents.iter().map(|document| &document.json);
    all.find(|json| !json["annotations"]["ColdStart"].is_null())
        .unwrap()
}

#[tokio::test]
async fn each_message_of_a_batch_is_linked_to_its_sender_and_fails_by_itself() {
    let mut environment = Setup::default().function(Program::SqsBatch).start().await;
    let batch = json!({ "Records": [
        { "messageId": "good", "body": "42", "attributes": { "AWSTraceHeader": SENDER } },
        { "messageId": "bad", "body": "4x2" },
    ] });
    let invocation = environment.invoke(batch).await;
    let failures = json!([{ "itemIdentifier": "bad" }]);
    assert_eq!(invocation.json()["batchItemFailures"], failures);

    let documents = environment.documents(&invocation);
    let link =
        json!([{ "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "id": "53995c3f42cd8ad8" }]);
    assert_eq!(function(&documents)["links"], link);
    let charges = named(&documents, "charge");
    let of = |message: &str| {
        let mut all = charges.iter();
        all.find(|charge| charge["annotations"]["message"] == message)
            .unwrap()
    };
    assert_eq!(
        (&of("good")["links"], &of("good")["fault"]),
        (&link, &Value::Null)
    );
    assert_eq!(
        (&of("bad")["links"], &of("bad")["fault"]),
        (&Value::Null, &json!(true))
    );
    environment.shutdown().await;
}

#[tokio::test]
async fn a_request_is_told_with_its_answer_and_its_calls() {
    let Some(python) = python() else { return };
    let moto = Moto::start(&python).await;
    let table = json!({
        "TableName": "orders",
        "AttributeDefinitions": [{ "AttributeName": "order", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "order", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    let created = moto.dynamodb("CreateTable", &table).await;
    assert!(created.contains("TableStatus"), "{created}");
    let item = json!({ "order": { "S": "42" }, "amount": { "N": "1250" } });
    let put = json!({ "TableName": "orders", "Item": item });
    moto.dynamodb("PutItem", &put).await;

    let setup = Setup::default().function(Program::ApiDynamodb);
    let setup = setup
        .env("AWS_ENDPOINT_URL_DYNAMODB", &moto.url())
        .env("AWS_REGION", "eu-central-1")
        .env("ORDERS_TABLE", "orders");
    let mut environment = setup.start().await;
    for (order, status, body) in [
        ("42", 200, json!({ "order": "42", "amount": 1250 })),
        ("43", 404, json!({ "error": "no such order" })),
    ] {
        let invocation = environment.invoke(request(order)).await;
        assert!(invocation.is_success(), "{invocation:?}");
        let answer = invocation.json();
        let answered: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((&answer["statusCode"], answered), (&json!(status), body));

        let documents = environment.documents(&invocation);
        let function = function(&documents);
        let url = format!("https://abc.lambda-url.eu-central-1.on.aws/orders/{order}");
        assert_eq!(function["http"]["request"]["url"], url);
        assert_eq!(function["http"]["response"]["status"], status);
        assert_eq!(function["error"] == true, status == 404, "{function}");
        let [call] = named(&documents, "DynamoDB")[..] else {
            panic!("{documents:#?}")
        };
        assert_eq!(call["aws"]["operation"], "GetItem");
        assert_eq!(call["aws"]["table_name"], "orders");
    }
    environment.shutdown().await;
}

/// As a function URL hands it on.
fn request(order: &str) -> Value {
    json!({
        "version": "2.0",
        "rawPath": format!("/orders/{order}"),
        "pathParameters": { "order": order },
        "requestContext": {
            "domainName": "abc.lambda-url.eu-central-1.on.aws",
            "http": { "method": "GET", "path": format!("/orders/{order}") },
        },
    })
}

#[tokio::test]
async fn a_router_in_lambda_says_its_requests_on_the_function_subsegment() {
    let setup = Setup::default().function(Program::AxumFunction);
    let mut environment = setup.start().await;
    for (order, status) in [("42", 200), ("none", 404)] {
        let mut event = request(order);
        event["requestContext"]["http"]["sourceIp"] = json!("192.0.2.7");
        event["headers"] = json!({ "x-forwarded-for": "192.0.2.7", "user-agent": "a test" });
        event["rawQueryString"] = json!("token=secret");
        let invocation = environment.invoke(event).await;
        assert_eq!(invocation.json()["statusCode"], status, "{invocation:?}");
        let documents = environment.documents(&invocation);
        let function = function(&documents);
        let asked = &function["http"]["request"];
        let url = format!("https://abc.lambda-url.eu-central-1.on.aws/orders/{order}");
        assert_eq!(
            (&asked["url"], &asked["method"]),
            (&json!(url), &json!("GET"))
        );
        assert_eq!(
            (&asked["client_ip"], &asked["user_agent"]),
            (&json!("192.0.2.7"), &json!("a test"))
        );
        assert_eq!(function["http"]["response"]["status"], status);
        assert_eq!(function["error"] == true, status == 404, "{function}");
        let [load] = named(&documents, "load")[..] else {
            panic!("{documents:#?}")
        };
        assert_eq!(load["parent_id"], function["id"]);
    }
    environment.shutdown().await;
}

/// A trace id that no other request of the test has.
fn root(number: u32) -> String {
    format!("1-5759e988-bd862e3fe1be46a9{number:08x}")
}

/// The segments of a trace, once there are as many. UDP may be on its way to the store.
async fn segments(xray: &LocalXRay, root: &str, count: usize) -> Vec<Value> {
    loop {
        let segments = xray.segments(root).await;
        if segments.len() == count {
            return segments;
        }
    }
}

async fn serve(xray: &LocalXRay) -> (Child, SocketAddr) {
    let mut server = Command::new(Program::AxumServer.path())
        .env("LISTEN", "127.0.0.1:0")
        .env("AWS_XRAY_DAEMON_ADDRESS", xray.daemon())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    let address = line.strip_prefix("listening on http://").unwrap();
    (server, address.parse().unwrap())
}

#[tokio::test]
async fn a_server_outside_of_lambda_is_two_segments_of_one_trace() {
    let xray = LocalXRay::start_as_daemon().await;
    let (_server, address) = serve(&xray).await;
    let header = format!("X-Amzn-Trace-Id: Root={};Sampled=1", root(1));
    let (_, body) = get(address, "/checkout/42", &header).await;
    assert_eq!(body, r#"{"left":0,"order":"42"}"#);
    let segments = segments(&xray, &root(1), 2).await;
    let of = |path: &str| {
        let mut all = segments.iter();
        all.find(|it| {
            it["http"]["request"]["url"]
                .as_str()
                .unwrap()
                .contains(path)
        })
        .unwrap()
    };
    let (checkout, stock) = (of("/checkout/"), of("/stock/"));
    assert_eq!(checkout["name"], "shop");
    let call = checkout["subsegments"].as_array().unwrap();
    let call = call.iter().find(|call| call["namespace"] == "remote");
    assert_eq!(stock["parent_id"], call.unwrap()["id"]);
}

#[tokio::test]
async fn a_server_outside_of_lambda_follows_the_rules_of_x_ray() {
    let xray = LocalXRay::start_as_daemon().await;
    let rule = json!({ "SamplingRule": {
        "RuleName": "stock", "Priority": 1, "FixedRate": 1.0, "ReservoirSize": 0, "ServiceName": "shop", "ServiceType": "*", "Host": "*",
        "HTTPMethod": "GET", "URLPath": "/stock/*", "ResourceARN": "*", "Version": 1,
    } });
    xray.post("/CreateSamplingRule", &rule).await;
    let (_server, address) = serve(&xray).await;
    // The rules come a moment after the server; until then its own hold, which name none.
    for number in 1.. {
        let header = format!("X-Amzn-Trace-Id: Root={};Sampled=?", root(number));
        let (head, _) = get(address, "/stock/7", &header).await;
        if head.contains("Sampled=1") {
            let segments = segments(&xray, &root(number), 1).await;
            if segments[0]["aws"]["xray"]["sampling_rule_name"] == "stock" {
                break;
            }
        }
    }
}
