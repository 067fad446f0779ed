//! What the extension adds to an invocation.

use std::time::Duration;

use end_to_end::{Environment, Setup};
use serde_json::{Value, json};

use crate::{Row, spread};

const INVOCATIONS: usize = 300;

/// From the function's response to the extension's `/next`, with few and with many documents, by strategy.
pub(crate) async fn measure() -> Vec<Row> {
    let few = json!({"steps": [{"subsegment": "one", "annotations": {"order": "42"}}]});
    let many = json!({"steps": [{"subsegment": "one"}], "repeat": 100});
    let end = held(&few, Setup::default()).await;
    let end_many = held(&many, Setup::default()).await;
    let empty = held(&json!({}), Setup::default()).await;
    let deferred = held(
        &few,
        Setup::default().env("XRAY_EXTENSION_FLUSH", "deferred"),
    )
    .await;
    vec![
        Row::new("response to /next, deferred", spread(deferred), "0.3 ms"),
        Row::new("response to /next, 1 document", spread(empty), "2 ms"),
        Row::new("response to /next, 2 documents", spread(end), "2 ms"),
        Row::new("response to /next, 101 documents", spread(end_many), ""),
    ]
}

async fn held(event: &Value, setup: Setup) -> Vec<Duration> {
    let mut environment: Environment = setup.start().await;
    let mut times = Vec::with_capacity(INVOCATIONS);
    // The first invocation connects.
    environment.invoke(event.clone()).await;
    for _ in 0..INVOCATIONS {
        let invocation = environment.invoke(event.clone()).await;
        times.extend(invocation.timings.response_to_extension_next());
    }
    environment.shutdown().await;
    times
}
