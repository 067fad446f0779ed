//! Between invocations the processes stand still.

use std::fs;
use std::time::Duration;

use lambda_sandbox::InitializationType;
use serde_json::json;

use crate::fixtures::{both, invoke, state};

fn count(path: &std::path::Path) -> u64 {
    u64::from_le_bytes(fs::read(path).unwrap().try_into().unwrap())
}

#[tokio::test]
async fn a_frozen_function_does_not_even_count() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let sandbox = both().start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"count_into": file.path(), "sleep_ms": 20})).await;
    assert_eq!(state(&invocation.json()["pid"]), Some('T'));

    let at_freeze = count(file.path());
    assert!(at_freeze > 0, "it counts while it runs");
    // Time is what is measured here: what runs would count on in it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(count(file.path()), at_freeze);

    invoke(&sandbox, json!({"sleep_ms": 20})).await;
    assert!(count(file.path()) > at_freeze, "thawed, it goes on");
}

#[tokio::test]
async fn a_sandbox_that_does_not_freeze_leaves_the_function_running() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let sandbox = both().freezes(false).start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"count_into": file.path(), "sleep_ms": 20})).await;
    assert_eq!(invocation.timings.frozen, None);
    let at_end = count(file.path());
    let goes_on = async {
        while count(file.path()) == at_end {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), goes_on)
        .await
        .unwrap();
}

#[tokio::test]
async fn provisioned_concurrency_waits_frozen_for_its_first_invocation() {
    let provisioned = InitializationType::ProvisionedConcurrency;
    let sandbox = both().initialization(provisioned).start().await.unwrap();
    let invocation = invoke(&sandbox, json!({})).await;
    let variables = &invocation.json()["variables"];
    assert_eq!(
        variables["AWS_LAMBDA_INITIALIZATION_TYPE"],
        "provisioned-concurrency"
    );
    assert!(invocation.is_success());
}

#[tokio::test]
async fn a_hundred_invocations_freeze_and_thaw() {
    let sandbox = both().start().await.unwrap();
    for _ in 0..100 {
        let invocation = invoke(&sandbox, json!({})).await;
        assert!(
            invocation.is_success() && invocation.timings.frozen.is_some(),
            "{invocation:?}"
        );
    }
    assert!(sandbox.shutdown().await.unwrap().extension().is_clean());
}
