//! A traced function behind an SQS queue: each message has a subsegment with a link to its sender's trace, and of a batch only what
//! failed is sent again. For that the event source mapping needs `ReportBatchItemFailures`.
//!
//! Invoke it with `{"Records": [{"messageId": "1", "body": "42"}]}`.

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use lambda_xray::{FutureExt, batch};
use serde::{Deserialize, Serialize};

/// What is used of an SQS event.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    records: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "messageId")]
    id: String,
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
struct Attributes {
    /// The trace header of the sender, where it was traced.
    #[serde(rename = "AWSTraceHeader")]
    trace_header: Option<String>,
}

/// The messages that SQS is to send again; all others are deleted from the queue.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    batch_item_failures: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_xray::run(service_fn(charge_all)).await
}

async fn charge_all(event: LambdaEvent<Batch>) -> Result<Response, Error> {
    let mut response = Response::default();
    for message in event.payload.records {
        let header = message.attributes.trace_header.as_deref();
        batch::link(header);
        let charging = batch::subsegment("charge", header);
        charging.annotate("message", message.id.as_str());
        if charge(&message.body).capture(charging).await.is_err() {
            response.batch_item_failures.push(Failure {
                item_identifier: message.id,
            });
        }
    }
    Ok(response)
}

/// Stands for what is done with a message, an amount in cents.
async fn charge(body: &str) -> Result<(), Error> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    match body.parse()? {
        0 => Err("nothing to charge: send an amount in cents".into()),
        1_u64.. => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn only_what_failed_is_sent_again() {
        let event = json!({ "Records": [
            { "messageId": "good", "body": "42", "attributes": { "AWSTraceHeader": "Root=1-x" } },
            { "messageId": "no amount", "body": "4x2" },
            { "messageId": "nothing", "body": "0", "attributes": { "SentTimestamp": "1" } },
        ] });
        let batch = serde_json::from_value(event).unwrap();
        let event = LambdaEvent::new(batch, Context::default());
        let response = charge_all(event).await.unwrap();
        let failures = json!([{ "itemIdentifier": "no amount" }, { "itemIdentifier": "nothing" }]);
        let expected = json!({ "batchItemFailures": failures });
        assert_eq!(serde_json::to_value(response).unwrap(), expected);
    }
}
