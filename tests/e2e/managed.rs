//! Lambda Managed Instances: several invocations at once, never a freeze, no INVOKE for the extension.

use std::collections::HashSet;

use end_to_end::{Environment, Setup, check_schema};
use lambda_sandbox::{Event, InitializationType};
use serde_json::json;

const AT_ONCE: usize = 4;

async fn managed() -> Environment {
    Setup::default()
        .sandbox(|builder| {
            builder
                .initialization(InitializationType::ManagedInstances)
                .max_concurrency(4)
        })
        .start()
        .await
}

#[tokio::test]
async fn invocations_at_once_keep_their_traces_apart() {
    let environment = managed().await;
    // Each waits long enough that the others begin meanwhile.
    let event = |number: usize| {
        Event::json(&json!({"steps": [
            {"subsegment": "outer", "annotations": {"number": number}, "steps": [{"subsegment": "inner", "ms": 50}]},
        ]}))
    };
    let sandbox = &environment.sandbox;
    let (a, b, c, d) = tokio::join!(
        sandbox.invoke(event(0)),
        sandbox.invoke(event(1)),
        sandbox.invoke(event(2)),
        sandbox.invoke(event(3)),
    );
    let invocations: Vec<_> = [a, b, c, d].into_iter().map(Result::unwrap).collect();
    let documents = environment
        .xray
        .wait(|arrived| arrived.len() >= 3 * AT_ONCE)
        .await;
    check_schema(&documents);
    assert_eq!(documents.len(), 3 * AT_ONCE, "{documents:#?}");
    for (number, invocation) in invocations.iter().enumerate() {
        let trace = environment.documents(invocation);
        let named = |name: &str| {
            trace
                .iter()
                .find(|document| document.text("name") == name)
                .unwrap()
        };
        let (outer, inner) = (named("outer"), named("inner"));
        assert_eq!(outer.json["annotations"]["number"], number);
        assert_eq!(inner.text("parent_id"), outer.text("id"));
        let function = named("playground");
        assert_eq!(outer.text("parent_id"), function.text("id"));
        assert_eq!(function.json["aws"]["request_id"], *invocation.request_id);
    }
    let cold = documents
        .iter()
        .filter(|document| document.json["annotations"]["ColdStart"] == true);
    assert_eq!(cold.count(), 1, "one environment starts cold once");
}

#[tokio::test]
async fn shutdown_sends_what_came_since_the_last_flush() {
    let environment = managed().await;
    let invocation = environment.sandbox.invoke(Event::default()).await.unwrap();
    assert!(invocation.is_success(), "{invocation:?}");
    let (shutdown, xray) = environment.shutdown().await;
    assert!(
        shutdown.extensions.iter().all(|outcome| outcome.is_clean()),
        "{shutdown:?}"
    );
    let arrived = xray.arrived();
    let ids: HashSet<_> = arrived.iter().map(|document| document.text("id")).collect();
    assert_eq!((arrived.len(), ids.len()), (1, 1), "{arrived:#?}");
}
