//! Init, invoke, shutdown, when all goes well.

use std::time::Duration;

use lambda_sandbox::{Event, ExitOutcome, SandboxError, ShutdownReason, Source, Trace};
use serde_json::json;

use crate::fixtures::{both, both_with, example, function, invoke, is_alive, printed};

#[tokio::test]
async fn an_invocation_runs_through() {
    let sandbox = both().start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"order": 42})).await;
    assert!(
        invocation.is_success(),
        "{invocation:?}\n{:?}",
        sandbox.logs()
    );
    assert_eq!(invocation.json()["event"], json!({"order": 42}));

    let timings = invocation.timings;
    let moments = [
        Some(timings.started),
        timings.responded,
        timings.runtime_next,
        timings.frozen,
    ];
    assert!(
        moments.is_sorted() && moments.iter().all(Option::is_some),
        "{timings:?}"
    );
    assert!(timings.extension_next.is_some() && timings.extension_next <= timings.frozen);

    let shutdown = sandbox.shutdown().await.unwrap();
    assert_eq!(shutdown.reason, ShutdownReason::Spindown);
    assert_eq!(shutdown.function, ExitOutcome::Signaled(15));
    assert!(shutdown.extension().is_clean());
    assert!(shutdown.took < Duration::from_secs(2));
}

#[tokio::test]
async fn the_extension_is_told_what_lambda_tells_it() {
    let sandbox = both().function_name("orders").start().await.unwrap();
    let invocation = invoke(&sandbox, json!({})).await;

    let registered = &printed(&sandbox, "register 200")[0];
    assert_eq!(
        *registered,
        json!({"functionName": "orders", "functionVersion": "$LATEST", "handler": "bootstrap",
               "accountId": "123456789012"})
    );
    let event = &printed(&sandbox, "event 200")[0];
    assert_eq!(event["eventType"], "INVOKE");
    assert_eq!(event["requestId"], invocation.request_id);
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:orders";
    assert_eq!(event["invokedFunctionArn"], arn);
    assert_eq!(event["tracing"]["type"], "X-Amzn-Trace-Id");
    assert_eq!(
        event["tracing"]["value"],
        invocation.tracing.extension_header.clone().unwrap()
    );

    let headers = &invocation.json()["headers"];
    assert_eq!(
        headers["lambda-runtime-aws-request-id"],
        invocation.request_id
    );
    assert_eq!(
        headers["lambda-runtime-trace-id"],
        invocation.tracing.function_header.clone().unwrap()
    );
    assert_eq!(headers["lambda-runtime-invoked-function-arn"], arn);
    assert_eq!(
        headers["lambda-runtime-deadline-ms"],
        event["deadlineMs"].to_string()
    );
}

#[tokio::test]
async fn the_extension_is_started_first_and_the_function_when_it_has_registered() {
    let sandbox = both().start().await.unwrap();
    let init = sandbox.init();
    assert!(init.extension_register.unwrap() <= init.extension_next.unwrap());
    // The function's exec comes after the registration: all of its start is in the rest of the phase.
    assert!(
        init.extension_register.unwrap() + init.runtime_next.unwrap() <= init.total,
        "{init:?}"
    );
    let (first, second) = (
        invoke(&sandbox, json!({})).await,
        invoke(&sandbox, json!({})).await,
    );
    assert_eq!((first.init, second.init), (Some(init), None));
    assert_eq!((first.generation, second.generation), (1, 1));
}

#[tokio::test]
async fn shutdown_is_told_with_its_reason_and_a_deadline_two_seconds_ahead() {
    let sandbox = both_with("ON_SHUTDOWN", "1").start().await.unwrap();
    let invocation = invoke(&sandbox, json!({})).await;
    sandbox.shutdown().await.unwrap();
    let events = printed(&sandbox, "event 200");
    let event = events.last().unwrap();
    assert_eq!(
        (&event["eventType"], &event["shutdownReason"]),
        (&json!("SHUTDOWN"), &json!("spindown"))
    );
    let deadline = event["deadlineMs"].as_u64().unwrap();
    let headers = &invocation.json()["headers"];
    let invoked: u64 = headers["lambda-runtime-deadline-ms"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        deadline < invoked,
        "{deadline} is 2 s after shutdown, {invoked} 20 s after the event"
    );
    assert_eq!(sandbox.logs().last().unwrap().text, "leaving");
    assert!(matches!(
        sandbox.invoke(Event::default()).await,
        Err(SandboxError::Gone)
    ));
}

#[tokio::test]
async fn without_an_extension() {
    let sandbox = function().start().await.unwrap();
    let invocation = invoke(&sandbox, json!({})).await;
    assert!(invocation.is_success());
    assert_eq!(invocation.timings.extension_next, None);
    let shutdown = sandbox.shutdown().await.unwrap();
    assert_eq!(
        (shutdown.function, shutdown.extensions),
        (ExitOutcome::Killed, vec![])
    );
}

#[tokio::test]
async fn two_extensions_and_both_are_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let second = directory.path().join("second");
    std::os::unix::fs::symlink(example("sandbox-extension"), &second).unwrap();
    let sandbox = both_with("ON_INVOKE", "30")
        .extension(&second)
        .start()
        .await
        .unwrap();
    let invocation = invoke(&sandbox, json!({})).await;
    assert!(invocation.timings.response_to_extension_next().unwrap() >= Duration::from_millis(25));
    let names: Vec<String> = sandbox
        .logs()
        .iter()
        .map(|line| line.source.to_string())
        .collect();
    assert!(
        names.contains(&"second".to_owned()) && names.contains(&"sandbox-extension".to_owned())
    );
    let shutdown = sandbox.shutdown().await.unwrap();
    assert_eq!(shutdown.extensions, [ExitOutcome::Exited(0); 2]);
}

#[tokio::test]
async fn an_extension_that_wants_no_invoke_is_not_waited_for() {
    let sandbox = both_with("EVENTS", "SHUTDOWN").start().await.unwrap();
    let invocation = invoke(&sandbox, json!({})).await;
    assert!(invocation.is_success());
    assert_eq!(invocation.timings.extension_next, None);
    assert!(printed(&sandbox, "event 200").is_empty());
    assert!(sandbox.shutdown().await.unwrap().extension().is_clean());
}

#[tokio::test]
async fn the_trace_header_is_whose_the_caller_says() {
    let sandbox = both().start().await.unwrap();
    let upstream = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    for (trace, function, extension) in [
        (
            Trace::Verbatim("junk;;".into()),
            Some("junk;;"),
            Some("junk;;"),
        ),
        (Trace::Absent, None, None),
        (
            Trace::Upstream("Root=1-2-3".into()),
            None,
            Some("Root=1-2-3"),
        ),
    ] {
        let invocation = sandbox.invoke(Event::default().trace(trace)).await.unwrap();
        let got = &invocation.json()["headers"]["lambda-runtime-trace-id"];
        assert_eq!(got.as_str(), function);
        let events = printed(&sandbox, "event 200");
        assert_eq!(
            events.last().unwrap()["tracing"]["value"].as_str(),
            extension
        );
    }
    let event = Event::default().trace(Trace::Upstream(upstream.into()));
    let invocation = sandbox.invoke(event).await.unwrap();
    assert_eq!(
        invocation.trace_id(),
        Some("1-5759e988-bd862e3fe1be46a994272793")
    );
    assert_ne!(
        invocation.tracing.invocation_subsegment(),
        Some("53995c3f42cd8ad8")
    );
}

#[tokio::test]
async fn what_the_processes_print_is_kept_with_its_source() {
    let sandbox = both().start().await.unwrap();
    invoke(&sandbox, json!({"print": "seen in the logs"})).await;
    let line = sandbox
        .logged("seen in the logs", Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!(line.source, Source::Function);
    assert_eq!(sandbox.dropped_logs(), 0);
}

#[tokio::test]
async fn dropping_it_kills_everything() {
    let sandbox = both().start().await.unwrap();
    let pid = invoke(&sandbox, json!({})).await.json()["pid"].clone();
    assert!(is_alive(&pid));
    drop(sandbox);
    let dead = async {
        while is_alive(&pid) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), dead)
        .await
        .unwrap();
}
