//! When documents are sent, through processes that are really frozen between invocations.

use std::collections::HashSet;

use end_to_end::{Environment, Setup};
use serde_json::{Value, json};

/// The function subsegment and one more.
const DOCUMENTS: usize = 2;

fn event() -> Value {
    json!({"steps": [{"subsegment": "work"}]})
}

async fn flushing(strategy: &str) -> Environment {
    Setup::default()
        .env("XRAY_EXTENSION_FLUSH", strategy)
        .start()
        .await
}

#[tokio::test]
async fn deferred_sends_during_the_next_invocation_and_at_shutdown() {
    let mut environment = flushing("deferred").await;
    let first = environment.invoke(event()).await;
    // Long enough for what the first one left.
    let second = environment
        .invoke(json!({"steps": [{"subsegment": "work", "ms": 100}]}))
        .await;
    let documents = environment.documents(&first);
    assert_eq!(documents.len(), DOCUMENTS);
    assert!(
        documents
            .iter()
            .all(|document| document.at >= second.timings.started)
    );
    assert!(
        documents
            .iter()
            .all(|document| document.at <= second.timings.frozen.unwrap())
    );
    let (shutdown, xray) = environment.shutdown().await;
    assert!(
        shutdown.extensions.iter().all(|outcome| outcome.is_clean()),
        "{shutdown:?}"
    );
    assert_eq!(xray.trace(second.trace_id().unwrap()).len(), DOCUMENTS);
}

#[tokio::test]
async fn adaptive_holds_the_first_invocations_of_a_burst_and_not_the_last() {
    let mut environment = flushing("adaptive").await;
    let first = environment.invoke(event()).await;
    let mut last = first.clone();
    for _ in 0..12 {
        last = environment.invoke(event()).await;
    }
    let (_, xray) = environment.shutdown().await;
    let of_first = xray.trace(first.trace_id().unwrap());
    let of_last = xray.trace(last.trace_id().unwrap());
    assert_eq!((of_first.len(), of_last.len()), (DOCUMENTS, DOCUMENTS));
    let frozen = first.timings.frozen.unwrap();
    assert!(of_first.iter().all(|document| document.at <= frozen));
    let frozen = last.timings.frozen.unwrap();
    assert!(of_last.iter().all(|document| document.at > frozen));
}

#[tokio::test]
async fn every_strategy_delivers_each_document_once() {
    for strategy in ["end", "deferred", "adaptive", "periodic:20"] {
        let mut environment = flushing(strategy).await;
        for _ in 0..30 {
            environment.invoke(event()).await;
        }
        let (shutdown, xray) = environment.shutdown().await;
        assert!(
            shutdown.extensions.iter().all(|outcome| outcome.is_clean()),
            "{strategy}: {shutdown:?}"
        );
        let arrived = xray.arrived();
        let ids: HashSet<_> = arrived.iter().map(|document| document.text("id")).collect();
        assert_eq!(
            (ids.len(), arrived.len()),
            (30 * DOCUMENTS, 30 * DOCUMENTS),
            "{strategy}"
        );
    }
}
