//! Batches: links to the senders of messages, and subsegments for the messages.

use lambda_xray::{FutureExt, batch, subsegment};
use serde_json::{Value, json};

use crate::receiver::named;
use crate::world::{ROOT, context, invoke, traced, welcomed};

fn header(sender: u32) -> String {
    format!("Root=1-5759e988-{sender:024x};Parent={sender:016x};Sampled=1")
}

fn links(document: &Value) -> Vec<&Value> {
    let links = document["links"].as_array();
    links.into_iter().flatten().collect()
}

#[tokio::test]
async fn the_function_links_the_sender_wherever_that_is_said() {
    let documents = traced(|| async {
        let outer = subsegment("outer");
        outer.in_scope(|| batch::link(Some(&header(7))));
    });
    let documents = documents.await;
    let expected = json!([{
        "trace_id": "1-5759e988-000000000000000000000007",
        "id": "0000000000000007",
    }]);
    assert_eq!(named(&documents, "orders")["links"], expected);
    assert_eq!(named(&documents, "outer").get("links"), None);
}

#[tokio::test]
async fn a_failed_message_is_a_fault_of_its_own_subsegment() {
    let documents = traced(|| async {
        for (name, sender, amount) in [("first", 1, "4x2"), ("second", 2, "42")] {
            let message = batch::subsegment(name, Some(&header(sender)));
            let parsed = async { amount.parse::<u32>() }.capture(message).await;
            assert_eq!(parsed.is_ok(), sender == 2);
        }
    });
    let documents = documents.await;
    let function = named(&documents, "orders");
    for (name, sender, fault) in [("first", 1, Some(true)), ("second", 2, None)] {
        let message = named(&documents, name);
        assert_eq!(message["parent_id"], function["id"]);
        assert_eq!(message["trace_id"], ROOT);
        assert_eq!(message["links"][0]["id"], format!("{sender:016x}"));
        assert_eq!(message.get("fault").and_then(Value::as_bool), fault);
    }
    let cause = &named(&documents, "first")["cause"]["exceptions"][0];
    assert_eq!(cause["message"], "invalid digit found in string");
    assert_eq!(function.get("fault"), None);
    assert_eq!(function.get("links"), None);
}

#[tokio::test]
async fn a_sender_is_linked_once_and_further_ones_than_20_are_counted() {
    let documents = traced(|| async {
        for sender in (1..=23).chain(1..=3) {
            batch::link(Some(&header(sender)));
        }
    });
    let documents = documents.await;
    let function = named(&documents, "orders");
    let last = format!("{:016x}", 20);
    let links = links(function);
    assert_eq!(links.len(), 20);
    assert_eq!(links[19]["id"], last);
    assert_eq!(function["metadata"]["batch"]["links_left_out"], 3);
}

const NO_TRACE: [Option<&str>; 6] = [
    None,
    Some(""),
    Some("Sampled=1"),
    Some("Root=1-5759e988-bd862e3fe1be46a994272793"),
    Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"),
    Some("Root=1-x;Parent=53995c3f42cd8ad8;Sampled=1"),
];

#[tokio::test]
async fn a_sender_without_a_trace_is_not_linked() {
    for header in NO_TRACE {
        assert!(!batch::is_sampled(header), "{header:?}");
        let documents = traced(|| async {
            batch::link(header);
            drop(batch::subsegment("message", header));
        });
        let documents = documents.await;
        for name in ["orders", "message"] {
            assert_eq!(named(&documents, name).get("links"), None, "{header:?}");
        }
    }
    assert!(batch::is_sampled(Some(&header(1))));
}

#[tokio::test]
async fn nothing_is_emitted_where_the_invocation_is_not_sampled_or_has_none() {
    batch::link(Some(&header(1)));
    drop(batch::subsegment("message", Some(&header(1))));
    let (receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", None), |_| async {
        batch::link(Some(&header(1)));
        drop(batch::subsegment("message", Some(&header(1))));
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert_eq!(receiver.documents(), Vec::<Value>::new());
}
