//! The functions that users copy from, as they stand.

use end_to_end::{Arrived, Moto, Program, Setup, python};
use serde_json::{Value, json};

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
