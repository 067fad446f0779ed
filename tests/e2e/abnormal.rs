//! Functions that fail, panic and die.

use end_to_end::{Arrived, Environment, Program, Setup};
use lambda_sandbox::Invocation;
use serde_json::{Value, json};

/// One subsegment that closes, then what goes wrong within another one.
fn then(step: &Value) -> Value {
    json!({"steps": [{"subsegment": "before", "ms": 1}, {"subsegment": "within", "steps": [step]}]})
}

fn function_subsegment(documents: &[Arrived], invocation: &Invocation) -> Arrived {
    let parent = invocation.tracing.invocation_subsegment().unwrap();
    let function = documents
        .iter()
        .find(|document| document.text("parent_id") == parent);
    function
        .unwrap_or_else(|| panic!("no function subsegment in {documents:#?}"))
        .clone()
}

fn has(documents: &[Arrived], name: &str) -> bool {
    documents
        .iter()
        .any(|document| document.text("name") == name)
}

#[tokio::test]
async fn a_failing_handler_is_a_fault_with_its_error_as_the_cause() {
    let mut environment = Environment::start().await;
    let invocation = environment
        .invoke(then(&json!({"fail": "card declined"})))
        .await;
    assert_eq!(invocation.status(), "error");
    let documents = environment.documents(&invocation);
    assert_eq!(documents.len(), 3);
    let function = function_subsegment(&documents, &invocation);
    assert!(function.flag("fault"), "{:#}", function.json);
    assert!(
        function.message().contains("card declined"),
        "{:#}",
        function.json
    );
    assert!(environment.invoke(json!({})).await.is_success());
}

fn check_panic(documents: &[Arrived], invocation: &Invocation) {
    assert!(
        has(documents, "before") && has(documents, "within"),
        "{documents:#?}"
    );
    let function = function_subsegment(documents, invocation);
    assert!(function.flag("fault"));
    assert!(
        function.message().contains("out of cheese"),
        "{:#}",
        function.json
    );
}

#[tokio::test]
async fn a_panic_that_unwinds_is_a_fault_and_the_function_lives_on() {
    let mut environment = Environment::start().await;
    let invocation = environment
        .invoke(then(&json!({"panic": "out of cheese"})))
        .await;
    assert_eq!(invocation.status(), "error", "{invocation:?}");
    check_panic(&environment.documents(&invocation), &invocation);
    let next = environment.invoke(json!({})).await;
    assert!(next.is_success() && !next.is_cold());
}

#[tokio::test]
async fn a_panic_that_aborts_is_sent_before_the_process_dies() {
    let mut environment = Setup::default()
        .function(Program::AbortingPlayground)
        .start()
        .await;
    let invocation = environment
        .invoke(then(&json!({"panic": "out of cheese"})))
        .await;
    assert!(invocation.reset.is_some(), "{invocation:?}");
    check_panic(&environment.documents(&invocation), &invocation);
}

/// What a function that died left open: closed by the extension, as a fault that says how it died.
fn check_left_open(documents: &[Arrived], invocation: &Invocation, how: &str) {
    assert!(has(documents, "before"), "{documents:#?}");
    let within = documents
        .iter()
        .find(|document| document.text("name") == "within");
    let within = within.unwrap_or_else(|| panic!("what was open is lost: {documents:#?}"));
    for left in [within, &function_subsegment(documents, invocation)] {
        assert!(left.flag("fault"), "{:#}", left.json);
        assert!(left.json["end_time"].is_number(), "{:#}", left.json);
        assert!(left.message().contains(how), "{how} in {:#}", left.json);
    }
}

/// Long enough open that the extension has been told: at the latest 20 ms after it opened.
fn open_for_a_while_then(step: &Value) -> Value {
    json!({"steps": [
        {"subsegment": "before", "ms": 1},
        {"subsegment": "within", "steps": [{"sleep_ms": 50}, step]},
    ]})
}

#[tokio::test]
async fn what_a_crash_left_open_says_how_the_function_died() {
    for (step, how) in [
        (json!({"exit": 1}), "exit status 1"),
        (json!({"abort": true}), "signal: aborted"),
        (json!({"kill": true}), "signal: killed"),
    ] {
        let mut environment = Environment::start().await;
        let invocation = environment.invoke(open_for_a_while_then(&step)).await;
        assert!(invocation.reset.is_some(), "{step}: {invocation:?}");
        check_left_open(&environment.documents(&invocation), &invocation, how);
    }
}

#[tokio::test]
async fn what_a_timeout_left_open_says_so() {
    let mut environment = Setup::default()
        .sandbox(|builder| builder.timeout(std::time::Duration::from_secs(1)))
        .start()
        .await;
    let invocation = environment
        .invoke(open_for_a_while_then(&json!({"sleep_ms": 10_000})))
        .await;
    assert_eq!(invocation.status(), "timeout");
    check_left_open(
        &environment.documents(&invocation),
        &invocation,
        "timed out after 1.00 s",
    );
}

#[tokio::test]
async fn what_running_out_of_memory_left_open_says_so() {
    let mut environment = Setup::default()
        .sandbox(|builder| builder.memory_mb(128))
        .start()
        .await;
    let invocation = environment
        .invoke(open_for_a_while_then(&json!({"allocate_mb": 600})))
        .await;
    assert!(invocation.reset.is_some(), "{invocation:?}");
    let how = "signal: killed, likely out of memory";
    check_left_open(&environment.documents(&invocation), &invocation, how);
}
