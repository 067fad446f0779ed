//! Captured traces: what a user's test sees.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lambda_xray::testing::{Trace, capture, capture_unsampled};
use lambda_xray::{Context, FutureExt, subsegment};

async fn order(id: &str) -> Result<(), io::Error> {
    Context::current().annotate("order", id);
    let charge = subsegment("charge");
    charge.annotate("amount", 42);
    let refused = async { Err::<(), _>(io::Error::other("refused")) };
    let refused = refused.capture(charge.subsegment("pay"));
    let result = refused.in_subsegment(charge).await;
    drop(subsegment("mail"));
    result
}

/// One that fails.
type Assertion = fn(&Trace);

fn complaint(of: impl FnOnce()) -> String {
    let panicked = catch_unwind(AssertUnwindSafe(of)).unwrap_err();
    panicked.downcast_ref::<String>().unwrap().clone()
}

#[tokio::test]
async fn a_trace_is_a_tree() {
    let (trace, answer) = capture(order("7")).await;
    answer.unwrap_err();
    assert_eq!(trace.names(), ["charge", "pay", "mail"]);
    trace.root().assert_annotation("order", "7").assert_ok();
    trace.find("charge").assert_annotation("amount", 42);
    trace
        .find("pay")
        .assert_beneath("charge")
        .assert_fault("refused");
    trace.find("mail").assert_beneath("test").assert_ok();
    let children = trace.root().children();
    let names: Vec<_> = children
        .iter()
        .map(|child| child.document().name.as_ref())
        .collect();
    assert_eq!(names, ["charge", "mail"]);
    let drawn = "test  order=7\n├─ charge  amount=42\n│  └─ pay  fault: refused\n└─ mail\n";
    assert_eq!(trace.to_string(), drawn);
}

#[tokio::test]
async fn a_wrong_assertion_draws_the_tree() {
    let (trace, _) = capture(order("7")).await;
    let wrong: [(Assertion, &str); 7] = [
        (
            |trace| {
                trace.find("refund");
            },
            "no subsegment is named \"refund\"",
        ),
        (
            |trace| {
                trace.find("mail").assert_beneath("charge");
            },
            "beneath Some(\"test\")",
        ),
        (
            |trace| {
                trace.find("pay").assert_ok();
            },
            "\"pay\": it is flagged",
        ),
        (
            |trace| {
                trace.find("pay").assert_fault("lost");
            },
            "no fault that says",
        ),
        (
            |trace| {
                trace.find("mail").assert_fault("");
            },
            "no fault that says",
        ),
        (
            |trace| {
                trace.find("mail").assert_error();
            },
            "it is no error",
        ),
        (
            |trace| {
                trace.root().assert_annotation("order", "8");
            },
            "its annotation \"order\"",
        ),
    ];
    for (assertion, expected) in wrong {
        let said = complaint(|| assertion(&trace));
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("│  └─ pay"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tests_side_by_side_do_not_see_each_other() {
    let of = |id: usize| async move {
        let (trace, _) = capture(order(&id.to_string())).await;
        trace.root().assert_annotation("order", id.to_string());
        assert_eq!(trace.documents().len(), 4);
    };
    let tests: Vec<_> = (0..50).map(|id| tokio::spawn(of(id))).collect();
    for test in tests {
        test.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_sampled_is_not_captured() {
    let (trace, answer) = capture_unsampled(order("7")).await;
    answer.unwrap_err();
    assert!(trace.documents().is_empty());
    assert!(
        complaint(|| {
            trace.root();
        })
        .contains("nothing was captured")
    );
}
