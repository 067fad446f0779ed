//! Calls that do not fit are refused as Lambda refuses them.

use std::time::Duration;

use lambda_sandbox::{InvocationError, StartError};
use serde_json::{Value, json};

use crate::fixtures::{both, both_with, function, invoke};

/// What the function's own call of the APIs was answered with, in the middle of an invocation.
async fn answered(call: Value) -> (u64, String) {
    let sandbox = both().start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"calls": [call]})).await;
    assert!(invocation.is_success(), "{invocation:?}");
    let answer = &invocation.json()["calls"][0];
    let error_type = answer["body"]["errorType"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (answer["status"].as_u64().unwrap(), error_type)
}

fn post(path: &str, headers: &Value, body: &str) -> Value {
    json!({"method": "POST", "path": path, "headers": headers, "body": body})
}

const NO_ONES_ID: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn calls_that_fit_no_state() {
    let extension =
        |path: &str, headers| post(&format!("/2020-01-01/extension/{path}"), headers, "{}");
    let runtime = |path: &str| post(&format!("/2018-06-01/runtime/{path}"), &json!({}), "{}");
    let named = json!({"Lambda-Extension-Name": "too-late"});
    let unknown = json!({"Lambda-Extension-Identifier": NO_ONES_ID});
    let failing = json!({"Lambda-Extension-Identifier": NO_ONES_ID,
                         "Lambda-Extension-Function-Error-Type": "Extension.X"});
    for (call, status, error_type) in [
        (
            extension("register", &json!({})),
            403,
            "Extension.InvalidExtensionName",
        ),
        (
            extension("register", &named),
            403,
            "Extension.RegistrationClosed",
        ),
        (
            extension("exit/error", &json!({})),
            403,
            "Extension.MissingExtensionIdentifier",
        ),
        (
            extension("exit/error", &unknown),
            403,
            "Extension.MissingHeader",
        ),
        (
            extension("exit/error", &failing),
            403,
            "Extension.UnknownExtensionIdentifier",
        ),
        (runtime("init/error"), 403, "InvalidStateTransition"),
        (
            runtime("invocation/not-mine/response"),
            400,
            "InvalidRequestID",
        ),
        (
            runtime("invocation/not-mine/error"),
            400,
            "InvalidRequestID",
        ),
        (runtime("restore/next"), 404, "NotFound"),
        (
            json!({"method": "PUT", "path": "/2022-07-01/telemetry", "headers": unknown, "body": "{}"}),
            403,
            "Extension.UnknownExtensionIdentifier",
        ),
        (
            json!({"method": "GET", "path": "/2020-01-01/extension/event/next",
                "headers": {"Lambda-Extension-Identifier": "7"}}),
            403,
            "Extension.InvalidExtensionIdentifier",
        ),
    ] {
        assert_eq!(
            answered(call.clone()).await,
            (status, error_type.to_owned()),
            "{call}"
        );
    }
}

#[tokio::test]
async fn an_extension_with_a_name_that_is_not_its_files() {
    let start = both_with("NAME", "another").start().await;
    let Err(StartError::Init { fault, log, .. }) = start else {
        panic!("{start:?}")
    };
    assert_eq!(fault.error_type(), "Extension.Crash");
    assert!(
        log.iter().any(|line| line.contains("register 403")),
        "{log:?}"
    );
}

#[tokio::test]
async fn an_extension_that_asks_for_an_event_there_is_not() {
    let start = both_with("EVENTS", "RESTORE").start().await;
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
async fn a_response_over_six_mebibytes() {
    let sandbox = function().start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"respond_bytes": 6 * 1024 * 1024 + 101})).await;
    let Err(InvocationError::Function(error)) = &invocation.response else {
        panic!("{invocation:?}")
    };
    assert_eq!(error.error_type, "Function.ResponseSizeTooLarge");
    assert!(
        sandbox
            .logged("answered 413", Duration::from_secs(5))
            .await
            .is_some()
    );
    let invocation = invoke(&sandbox, json!({"respond_bytes": 6 * 1024 * 1024 - 5000})).await;
    assert!(invocation.is_success());
}
