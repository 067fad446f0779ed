//! What users ask of the extension beside delivery: what is redacted, which traces are kept, and what the platform told.

use std::time::Duration;

use end_to_end::{Arrived, Environment, LocalXRay, Setup, check_schema};
use lambda_sandbox::InitializationType;
use serde_json::{Value, json};

async fn with(name: &str, value: &str) -> Environment {
    Setup::default().env(name, value).start().await
}

fn has(documents: &[Arrived], name: &str) -> bool {
    documents
        .iter()
        .any(|document| document.text("name") == name)
}

#[tokio::test]
async fn what_is_redacted_never_leaves() {
    let mut environment = with("XRAY_EXTENSION_REDACT", "annotations:card;metadata:items").await;
    let event = json!({"steps": [
        {"subsegment": "pay", "annotations": {"card": "4111", "order": "42"}, "metadata": {"cart": {"items": "secret"}}},
    ]});
    let invocation = environment.invoke(event).await;
    let documents = environment.documents(&invocation);
    check_schema(&documents);
    let all: Vec<_> = documents
        .iter()
        .map(|document| document.json.to_string())
        .collect();
    let all = all.join("\n");
    assert!(!all.contains("4111") && !all.contains("secret"), "{all}");
    assert!(all.contains("redacted") && all.contains(r#""order":"42""#));
}

#[tokio::test]
async fn only_traces_with_faults_are_kept() {
    let mut environment = with("XRAY_EXTENSION_KEEP", "faults").await;
    let good = environment
        .invoke(json!({"steps": [{"subsegment": "good"}]}))
        .await;
    let bad = environment
        .invoke(json!({"steps": [{"subsegment": "before"}, {"fail": "card declined"}]}))
        .await;
    let (_, xray) = environment.shutdown().await;
    assert_eq!(xray.trace(good.trace_id().unwrap()).len(), 0);
    let kept = xray.trace(bad.trace_id().unwrap());
    assert!(has(&kept, "before") && kept.len() == 2, "{kept:#?}");
}

#[tokio::test]
async fn what_the_platform_measured_goes_with_the_next_flush() {
    let mut environment = with("XRAY_EXTENSION_PLATFORM", "notable").await;
    let cold = environment.invoke(json!({})).await;
    assert!(cold.is_cold());
    // The platform gathers records before it posts them, and nobody is thawed for it.
    let warm = environment
        .invoke(json!({"steps": [{"subsegment": "work", "ms": 200}]}))
        .await;
    let (_, xray) = environment.shutdown().await;
    let documents = xray.trace(cold.trace_id().unwrap());
    let platform = platform(&documents);
    assert_eq!(platform["annotations"]["cold_start"], true);
    assert!(platform["annotations"]["memory_used_mb"].as_u64() > Some(0));
    assert!(!has(&xray.trace(warm.trace_id().unwrap()), "platform"));
}

fn platform(documents: &[Arrived]) -> &Value {
    check_schema(documents);
    let mut all = documents.iter();
    let found = all.find(|document| document.text("name") == "platform");
    &found
        .unwrap_or_else(|| panic!("nothing is told in {documents:#?}"))
        .json
}

#[tokio::test]
async fn a_snapshot_that_is_restored_delivers_and_says_how_long_it_took() {
    let mut environment = Setup::default()
        .env("XRAY_EXTENSION_PLATFORM", "notable")
        .sandbox(|builder| builder.initialization(InitializationType::SnapStart))
        .start()
        .await;
    let restored = environment
        .invoke(json!({"steps": [{"subsegment": "work", "ms": 1}]}))
        .await;
    assert!(has(&environment.documents(&restored), "work"));
    // The platform gathers records before it posts them.
    environment
        .invoke(json!({"steps": [{"subsegment": "work", "ms": 200}]}))
        .await;
    let (_, xray) = environment.shutdown().await;
    let documents = xray.trace(restored.trace_id().unwrap());
    let platform = platform(&documents);
    assert_eq!(platform["annotations"]["cold_start"], true);
    let metrics = &platform["metadata"]["platform"];
    assert!(metrics["restoreDurationMs"].is_number(), "{platform:#}");
    assert!(metrics["initDurationMs"].is_null(), "{platform:#}");
}

#[tokio::test]
async fn a_death_says_what_it_used() {
    let mut environment = with("XRAY_EXTENSION_PLATFORM", "notable").await;
    let killed = environment
        .invoke(json!({"steps": [{"sleep_ms": 50}, {"kill": true}]}))
        .await;
    assert!(killed.reset.is_some(), "{killed:?}");
    let documents = environment.documents(&killed);
    let platform = platform(&documents);
    assert_eq!(platform["fault"], true);
    assert_eq!(
        platform["metadata"]["platform"]["errorType"],
        "Runtime.ExitError"
    );
    assert!(platform["annotations"]["memory_used_mb"].as_u64() > Some(0));
}

async fn lines(local: &LocalXRay, trace_id: &str) -> Vec<String> {
    let found = local
        .post("/GetLogs", &json!({ "TraceIds": [trace_id] }))
        .await;
    let events = found["LogEvents"].as_array().cloned().unwrap_or_default();
    let message = |event: &Value| event["Message"].as_str().unwrap_or_default().to_owned();
    events.iter().map(message).collect()
}

#[tokio::test]
async fn what_a_function_prints_stands_beside_its_trace() {
    let local = LocalXRay::start().await;
    let mut environment = Setup::default()
        .endpoint(local.url())
        .env("XRAY_EXTENSION_LOGS", "on")
        .start()
        .await;
    let invocation = environment
        .invoke(json!({"steps": [{"panic": "out of cheese"}]}))
        .await;
    environment.shutdown().await;
    let trace_id = invocation.trace_id().unwrap();
    let printed = async {
        while !lines(&local, trace_id)
            .await
            .iter()
            .any(|line| line.contains("out of cheese"))
        {
            tokio::task::yield_now().await;
        }
    };
    let printed = tokio::time::timeout(Duration::from_secs(10), printed).await;
    assert!(printed.is_ok(), "{:?}", lines(&local, trace_id).await);
}
