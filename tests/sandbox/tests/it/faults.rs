//! Timeouts, crashes, errors: what the caller gets, how the environment ends, and that the next invocation works.

use std::time::Duration;

use lambda_sandbox::{
    ExitOutcome, Fault, Invocation, InvocationError, Sandbox, ShutdownReason, StartError,
};
use serde_json::{Value, json};

use crate::fixtures::{both, both_with, deaf_function, function, invoke, is_alive, printed, state};

/// The fault that ended the environment, which the caller got too.
fn fault(invocation: &Invocation) -> &Fault {
    let reset = invocation
        .reset
        .as_ref()
        .unwrap_or_else(|| panic!("no reset: {invocation:?}"));
    if let Err(error) = &invocation.response {
        assert_eq!(*error, InvocationError::Environment(reset.fault.clone()));
    }
    &reset.fault
}

/// The next invocation is served by a new generation.
async fn works_again(sandbox: &Sandbox) {
    let invocation = invoke(sandbox, json!({})).await;
    assert!(
        invocation.is_success() && invocation.is_cold(),
        "{invocation:?}"
    );
    assert_eq!(invocation.generation, 2);
}

fn shutdown_events(sandbox: &Sandbox) -> Vec<Value> {
    let events = printed(sandbox, "event 200").into_iter();
    events
        .filter(|event| event["eventType"] == "SHUTDOWN")
        .collect()
}

#[tokio::test]
async fn a_handler_error_is_the_callers_and_the_environment_lives() {
    let sandbox = both().start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"fail": "no stock"})).await;
    let Err(InvocationError::Function(error)) = &invocation.response else {
        panic!("{invocation:?}")
    };
    assert_eq!(
        (error.error_type.as_str(), error.message().as_str()),
        ("Function.Failed", "no stock")
    );
    assert_eq!((invocation.status(), &invocation.reset), ("error", &None));
    assert!(!invoke(&sandbox, json!({})).await.is_cold());
}

#[tokio::test]
async fn a_timeout_ends_the_runtime_and_tells_the_extension() {
    let timeout = Duration::from_millis(300);
    let sandbox = both().timeout(timeout).start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"sleep_ms": 60_000})).await;
    assert_eq!(*fault(&invocation), Fault::Timeout { after: timeout });
    assert_eq!(invocation.status(), "timeout");
    let shutdown = &invocation.reset.as_ref().unwrap().shutdown;
    assert_eq!(shutdown.reason, ShutdownReason::Timeout);
    assert_eq!(shutdown.function, ExitOutcome::Signaled(15));
    assert!(shutdown.extension().is_clean());
    assert_eq!(shutdown_events(&sandbox)[0]["shutdownReason"], "timeout");
    works_again(&sandbox).await;
}

#[tokio::test]
async fn a_runtime_that_is_deaf_to_sigterm_is_killed_after_600_ms() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = both()
        .function(deaf_function(directory.path()))
        .start()
        .await
        .unwrap();
    let pid = invoke(&sandbox, json!({})).await.json()["pid"].clone();
    let shutdown = sandbox.shutdown().await.unwrap();
    assert_eq!(shutdown.function, ExitOutcome::Killed);
    assert!(
        shutdown.extension().is_clean(),
        "the rest of the budget is the extension's: {shutdown:?}"
    );
    assert!(shutdown.took >= Duration::from_millis(600), "{shutdown:?}");
    assert!(!is_alive(&pid));
}

#[tokio::test]
async fn an_extension_that_does_not_leave_is_killed_after_two_seconds() {
    let sandbox = both_with("ON_SHUTDOWN", "hang").start().await.unwrap();
    invoke(&sandbox, json!({})).await;
    let shutdown = sandbox.shutdown().await.unwrap();
    assert_eq!(shutdown.extension(), ExitOutcome::Killed);
    assert!(shutdown.took >= Duration::from_secs(2), "{shutdown:?}");
}

#[tokio::test]
async fn an_extension_without_shutdown_is_killed_at_once() {
    let sandbox = both_with("EVENTS", "INVOKE").start().await.unwrap();
    let shutdown = sandbox.shutdown().await.unwrap();
    assert_eq!(shutdown.extension(), ExitOutcome::Killed);
    assert!(shutdown.took < Duration::from_secs(2), "{shutdown:?}");
}

#[tokio::test]
async fn a_runtime_that_exits_fails_its_invocation() {
    let sandbox = both().start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"exit": 3})).await;
    assert_eq!(
        *fault(&invocation),
        Fault::RuntimeExited(ExitOutcome::Exited(3))
    );
    let reset = invocation.reset.as_ref().unwrap();
    assert_eq!(reset.fault.error_type(), "Runtime.ExitError");
    assert_eq!(reset.shutdown.function, ExitOutcome::Exited(3));
    assert!(reset.shutdown.extension().is_clean());
    assert_eq!(shutdown_events(&sandbox)[0]["shutdownReason"], "failure");
    works_again(&sandbox).await;
}

#[tokio::test]
async fn a_runtime_that_aborts_fails_its_invocation() {
    let sandbox = both().start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"abort": true})).await;
    assert_eq!(
        *fault(&invocation),
        Fault::RuntimeExited(ExitOutcome::Signaled(6))
    );
    works_again(&sandbox).await;
}

#[tokio::test]
async fn a_function_that_takes_too_much_memory_is_killed() {
    let sandbox = both().memory_mb(64).start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"allocate_mb": 600})).await;
    let Fault::OutOfMemory {
        used_mb,
        limit_mb: 64,
    } = *fault(&invocation)
    else {
        panic!("{invocation:?}");
    };
    assert!((64..600).contains(&used_mb), "{used_mb}");
    assert!(invocation.max_memory_mb >= used_mb);
    works_again(&sandbox).await;
}

#[tokio::test]
async fn an_extension_that_ends_takes_the_environment_along() {
    for (how, exit) in [
        ("exit", ExitOutcome::Exited(5)),
        ("abort", ExitOutcome::Signaled(6)),
    ] {
        let sandbox = both_with("ON_INVOKE", how).start().await.unwrap();
        let invocation = invoke(&sandbox, json!({"sleep_ms": 5_000})).await;
        let name = "sandbox-extension".to_owned();
        assert_eq!(*fault(&invocation), Fault::ExtensionExited { name, exit });
        assert_eq!(invocation.reset.unwrap().shutdown.extension(), exit);
    }
}

#[tokio::test]
async fn an_extension_that_overruns_the_timeout_costs_the_environment_but_not_the_response() {
    let timeout = Duration::from_millis(300);
    let sandbox = both_with("ON_INVOKE", "hang")
        .timeout(timeout)
        .start()
        .await
        .unwrap();
    let invocation = invoke(&sandbox, json!({"a": 1})).await;
    assert_eq!(invocation.json()["event"], json!({"a": 1}));
    assert_eq!(*fault(&invocation), Fault::Timeout { after: timeout });
    assert_eq!(invocation.timings.extension_next, None);
    assert_eq!(
        invocation.reset.unwrap().shutdown.extension(),
        ExitOutcome::Killed
    );
}

#[tokio::test]
async fn an_extension_that_reports_exit_error() {
    let sandbox = both_with("ON_INVOKE", "error").start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"sleep_ms": 5_000})).await;
    assert_eq!(fault(&invocation).error_type(), "Extension.ExitError");
    assert!(
        sandbox
            .logged("exit/error 202", Duration::from_secs(5))
            .await
            .is_some()
    );
}

#[tokio::test]
async fn a_start_that_fails_says_why() {
    let limit = Duration::from_millis(300);
    for (builder, expected) in [
        (both_with("INIT", "exit"), "Extension.Crash"),
        (both_with("INIT", "error"), "Extension.InitError"),
        (
            both_with("INIT", "hang").init_limit(limit),
            "Sandbox.Timedout",
        ),
        (both().env("FUNCTION_INIT", "exit"), "Runtime.ExitError"),
        (both().env("FUNCTION_INIT", "error"), "Runtime.Unknown"),
        (
            function().env("FUNCTION_INIT", "hang").init_limit(limit),
            "Sandbox.Timedout",
        ),
        (
            function().extension("/etc/hostname"),
            "Extension.LaunchError",
        ),
        (
            both().function("/etc/hostname"),
            "Runtime.InvalidEntrypoint",
        ),
    ] {
        match builder.start().await {
            Err(StartError::Init { fault, .. }) => {
                assert_eq!(fault.error_type(), expected, "{fault}");
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
    assert!(matches!(
        function().extension("/no/such").start().await,
        Err(StartError::NoSuchFile { .. })
    ));
}

#[tokio::test]
async fn an_environment_that_breaks_while_frozen_is_replaced() {
    let sandbox = both().start().await.unwrap();
    let pid = invoke(&sandbox, json!({})).await.json()["pid"].clone();
    std::process::Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
    let gone = async {
        // A dead leader is a zombie until its last thread has gone and the sandbox has heard of it.
        while state(&pid).is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone)
        .await
        .unwrap();
    let invocation = invoke(&sandbox, json!({})).await;
    assert_eq!(
        (invocation.status(), invocation.generation),
        ("success", 2),
        "{invocation:?}"
    );
}
