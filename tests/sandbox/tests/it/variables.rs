//! The environment variables of the function and of the extension differ as Lambda's do.

use std::collections::BTreeSet;

use lambda_sandbox::{Credentials, Sandbox};
use serde_json::{Value, json};

use crate::fixtures::{both, example, invoke, printed};

async fn of_function(sandbox: &Sandbox) -> Value {
    invoke(sandbox, json!({})).await.json()["variables"].clone()
}

fn of_extension(sandbox: &Sandbox) -> Value {
    printed(sandbox, "variables")[0].clone()
}

fn names(variables: &Value) -> BTreeSet<&str> {
    variables
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

const BOTH: [&str; 15] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LANG",
    "LD_LIBRARY_PATH",
    "MINE",
    "PATH",
    "TZ",
];

const FUNCTION_ONLY: [&str; 9] = [
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",
    "_HANDLER",
];

#[tokio::test]
async fn each_gets_exactly_what_lambda_gives_it() {
    let sandbox = both()
        .env("MINE", "yes")
        .memory_mb(256)
        .start()
        .await
        .unwrap();
    let (function, extension) = (of_function(&sandbox).await, of_extension(&sandbox));
    assert_eq!(names(&extension), BTreeSet::from(BOTH));
    let all = BOTH.into_iter().chain(FUNCTION_ONLY);
    assert_eq!(names(&function), all.collect::<BTreeSet<_>>());

    assert_eq!(function["AWS_XRAY_DAEMON_ADDRESS"], "169.254.79.129:2000");
    assert_eq!(function["_AWS_XRAY_DAEMON_ADDRESS"], "169.254.79.129");
    assert_eq!(function["_AWS_XRAY_DAEMON_PORT"], "2000");
    assert_eq!(function["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "256");
    assert_eq!(function["AWS_LAMBDA_INITIALIZATION_TYPE"], "on-demand");
    let task_root = example("sandbox-function")
        .parent()
        .unwrap()
        .display()
        .to_string();
    assert_eq!(function["LAMBDA_TASK_ROOT"], task_root);
    assert_eq!(
        invoke(&sandbox, json!({})).await.json()["directory"],
        task_root
    );
}

#[tokio::test]
async fn what_a_customer_sets_wins_but_extensions_never_see_the_daemon() {
    let sandbox = both()
        .env("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000")
        .env("AWS_REGION", "us-west-2")
        .env_remove("AWS_DEFAULT_REGION")
        .start()
        .await
        .unwrap();
    let (function, extension) = (of_function(&sandbox).await, of_extension(&sandbox));
    assert_eq!(function["AWS_XRAY_DAEMON_ADDRESS"], "127.0.0.1:2000");
    assert_eq!(extension.get("AWS_XRAY_DAEMON_ADDRESS"), None);
    for variables in [&function, &extension] {
        assert_eq!(variables["AWS_REGION"], "us-west-2");
        assert_eq!(variables.get("AWS_DEFAULT_REGION"), None);
    }
}

#[tokio::test]
async fn credentials_of_a_container_or_none() {
    let container = Credentials::Container {
        uri: "http://127.0.0.1:1/c".into(),
        token: "t".into(),
    };
    let sandbox = both().credentials(container).start().await.unwrap();
    let extension = of_extension(&sandbox);
    assert_eq!(
        extension["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
        "http://127.0.0.1:1/c"
    );
    assert_eq!(extension.get("AWS_ACCESS_KEY_ID"), None);

    let sandbox = both().credentials(Credentials::None).start().await.unwrap();
    let extension = of_extension(&sandbox);
    assert!(
        !names(&extension)
            .iter()
            .any(|name| name.contains("KEY") || name.contains("CREDENTIALS"))
    );
}
