//! Lambda Managed Instances: concurrent invocations, no INVOKE for extensions, no freeze.

use std::time::{Duration, Instant};

use lambda_sandbox::{Builder, Event, InitializationType, InvocationError, StartError};
use serde_json::json;

use crate::fixtures::{both_with, invoke, is_alive, printed, state};

fn managed() -> Builder {
    both_with("EVENTS", "SHUTDOWN").initialization(InitializationType::ManagedInstances)
}

#[tokio::test]
async fn invocations_run_at_once_and_nothing_is_frozen() {
    let sandbox = managed().max_concurrency(4).start().await.unwrap();
    let began = Instant::now();
    let event = || Event::json(&json!({"sleep_ms": 300}));
    let (one, two, three, four) = tokio::join!(
        sandbox.invoke(event()),
        sandbox.invoke(event()),
        sandbox.invoke(event()),
        sandbox.invoke(event()),
    );
    assert!(
        began.elapsed() < Duration::from_millis(4 * 300),
        "{:?}",
        began.elapsed()
    );
    let invocations = [one, two, three, four].map(Result::unwrap);
    assert!(
        invocations
            .iter()
            .all(lambda_sandbox::Invocation::is_success)
    );
    let pid = &invocations[0].json()["pid"];
    assert!(is_alive(pid) && state(pid) != Some('T'));
    let variables = &invocations[0].json()["variables"];
    assert_eq!(variables["AWS_LAMBDA_MAX_CONCURRENCY"], "4");
    assert_eq!(
        variables["AWS_LAMBDA_INITIALIZATION_TYPE"],
        "lambda-managed-instances"
    );
    assert_eq!(
        printed(&sandbox, "variables")[0].get("AWS_LAMBDA_MAX_CONCURRENCY"),
        None
    );
    assert!(sandbox.shutdown().await.unwrap().extension().is_clean());
}

#[tokio::test]
async fn more_invocations_than_workers_wait_for_one() {
    let sandbox = managed().max_concurrency(1).start().await.unwrap();
    let (one, two) = tokio::join!(invoke(&sandbox, json!({})), invoke(&sandbox, json!({})));
    assert!(one.is_success() && two.is_success());
    assert_ne!(one.request_id, two.request_id);
}

#[tokio::test]
async fn an_extension_that_asks_for_invoke_is_refused() {
    let start = managed()
        .env("EXTENSION_EVENTS", "INVOKE,SHUTDOWN")
        .start()
        .await;
    let Err(StartError::Init { log, .. }) = start else {
        panic!("{start:?}")
    };
    assert!(
        log.iter()
            .any(|line| line.contains("Extension.InvalidEventType")),
        "{log:?}"
    );
}

#[tokio::test]
async fn only_the_newest_telemetry_schema_is_taken() {
    let sandbox = managed()
        .env("EXTENSION_TELEMETRY", "platform")
        .start()
        .await
        .unwrap();
    assert!(
        sandbox
            .logged("telemetry 400", Duration::from_secs(5))
            .await
            .is_some()
    );
    let newest = managed()
        .env("EXTENSION_TELEMETRY", "platform")
        .env("EXTENSION_SCHEMA", "2025-01-29");
    let sandbox = newest.start().await.unwrap();
    invoke(&sandbox, json!({})).await;
    assert!(
        sandbox
            .logged("platform.runtimeDone", Duration::from_secs(5))
            .await
            .is_some()
    );
}

#[tokio::test]
async fn a_timeout_is_one_invocations_and_a_crash_is_everyones() {
    let sandbox = managed()
        .timeout(Duration::from_millis(400))
        .start()
        .await
        .unwrap();
    let (late, quick) = tokio::join!(
        invoke(&sandbox, json!({"sleep_ms": 2_000})),
        invoke(&sandbox, json!({}))
    );
    assert_eq!((late.status(), quick.status()), ("timeout", "success"));
    assert_eq!(late.reset, None);

    let (crashed, other) = tokio::join!(
        invoke(&sandbox, json!({"exit": 1})),
        invoke(&sandbox, json!({"sleep_ms": 300}))
    );
    for invocation in [crashed, other] {
        assert!(
            matches!(invocation.response, Err(InvocationError::Environment(_))),
            "{invocation:?}"
        );
    }
    let next = invoke(&sandbox, json!({})).await;
    assert_eq!((next.status(), next.generation), ("success", 2));
}
