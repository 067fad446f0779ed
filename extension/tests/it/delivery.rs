//! X-Ray in good and bad moods: everything that can arrive does, and what cannot is counted and said.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::fake_xray::Reply;
use crate::http::{Answer, Request, Response, json, serve};
use crate::running::{Running, Setup};

/// One invocation with these documents, until `/next` is said.
async fn invoke(running: &Running, request_id: &str, names: &[&str]) -> Duration {
    let said = running.lambda.nexts_so_far();
    running
        .lambda
        .invoke(request_id, Some(Duration::from_mins(1)));
    for name in names {
        running.document(name);
    }
    let begin = Instant::now();
    running.end(request_id);
    running.lambda.nexts(said + 1).await;
    begin.elapsed()
}

async fn started(setup: Setup) -> Running {
    let running = setup.start().await;
    running.lambda.nexts(1).await;
    running
}

#[tokio::test]
async fn documents_of_one_trace_go_together_and_50_at_most() {
    let running = started(Setup::default()).await;
    let names: Vec<_> = (0..120).map(|number| format!("n{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    invoke(&running, "a", &names).await;
    let batches = running.xray.batches();
    assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 120);
    assert!(batches.iter().all(|batch| batch.len() <= 50));
}

#[tokio::test]
async fn what_x_ray_could_not_take_is_sent_again() {
    for reply in [
        Reply::Refuse(500, "InternalFailure"),
        Reply::Refuse(429, "ThrottledException"),
        Reply::Refuse(400, "ThrottlingException"),
        Reply::Break,
    ] {
        let running = started(Setup::default()).await;
        running.xray.reply([reply.clone()]);
        invoke(&running, "a", &["one", "two"]).await;
        assert_eq!(running.xray.names(), ["one", "two"], "{reply:?}");
        let report = running.shut_down().await;
        assert_eq!((report.sent, report.has_losses()), (2, false), "{reply:?}");
    }
}

#[tokio::test]
async fn a_connection_that_died_while_it_was_idle_costs_no_attempt() {
    let running = started(Setup::default()).await;
    invoke(&running, "a", &["one"]).await;
    // Broken at the second call that it carries: the other side had closed it.
    running.xray.reply([Reply::Break]);
    invoke(&running, "b", &["two"]).await;
    assert_eq!(running.xray.names(), ["one", "two"]);
    let report = running.shut_down().await;
    assert_eq!((report.calls, report.failed_calls), (2, 0));
}

#[tokio::test]
async fn while_x_ray_is_down_nothing_is_lost_and_little_is_waited() {
    let running = started(Setup::default().set("XRAY_EXTENSION_FLUSH_BUDGET_MS", "200")).await;
    running
        .xray
        .always(Reply::Refuse(503, "ServiceUnavailable"));
    for id in ["a", "b", "c"] {
        let held = invoke(&running, id, &[id]).await;
        assert!(held < Duration::from_secs(1), "{held:?}");
    }
    assert!(running.said(&["X-Ray has a fault", "ServiceUnavailable"]));
    running.xray.always(Reply::Good);
    invoke(&running, "d", &["d"]).await;
    let mut names = running.xray.names();
    names.sort();
    assert_eq!(
        names,
        ["a", "b", "c", "d"],
        "the first attempt waits for no pause"
    );
    let report = running.shut_down().await;
    assert_eq!((report.sent, report.unsent), (4, 0));
}

#[tokio::test]
async fn a_call_that_hangs_costs_the_budget_and_is_sent_again_at_the_end() {
    let running = started(Setup::default().set("XRAY_EXTENSION_FLUSH_BUDGET_MS", "100")).await;
    running.xray.reply([Reply::Slow(Duration::from_mins(10))]);
    let held = invoke(&running, "a", &["one"]).await;
    assert!(held < Duration::from_secs(2), "{held:?}");
    let xray = running.xray.clone();
    let report = running.shut_down().await;
    assert_eq!((report.sent, report.unsent), (1, 0));
    assert_eq!(xray.names(), ["one"]);
}

#[tokio::test]
async fn what_never_arrives_is_counted_and_said() {
    let running = started(Setup::default().set("XRAY_EXTENSION_FLUSH_BUDGET_MS", "20")).await;
    running
        .xray
        .always(Reply::Refuse(403, "AccessDeniedException"));
    invoke(&running, "a", &["one", "two"]).await;
    assert!(running.said(&["xray:PutTraceSegments", "AWSXRayDaemonWriteAccess"]));
    let report = running.shut_down().await;
    assert_eq!((report.sent, report.unsent), (0, 2));
}

#[tokio::test]
async fn where_a_permission_is_missing_no_invocation_waits() {
    let running = started(Setup::default().set("XRAY_EXTENSION_FLUSH_BUDGET_MS", "30000")).await;
    running
        .xray
        .always(Reply::Refuse(403, "AccessDeniedException"));
    for id in ["a", "b", "c"] {
        let held = invoke(&running, id, &[id]).await;
        assert!(held < Duration::from_secs(5), "{held:?}");
    }
    assert_eq!(running.xray.calls(), 3, "one attempt a flush");
    running.xray.always(Reply::Good);
    invoke(&running, "d", &["d"]).await;
    assert_eq!(running.xray.names(), ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn unprocessed_documents_are_told_apart() {
    let running = started(Setup::default()).await;
    running.xray.reply([
        Reply::Unprocessed(vec!["later"], "InternalFailure"),
        Reply::Unprocessed(vec!["never"], "InvalidTraceId"),
    ]);
    invoke(&running, "a", &["good", "later"]).await;
    assert_eq!(running.xray.names(), ["good", "later"]);
    // The one that was sent again used up the second reply.
    running
        .xray
        .reply([Reply::Unprocessed(vec!["never"], "InvalidTraceId")]);
    invoke(&running, "b", &["never", "fine"]).await;
    assert_eq!(running.xray.names(), ["good", "later", "fine"]);
    assert!(running.said(&["InvalidTraceId", "does not take", "trace 1-5759e988-"]));
    let report = running.shut_down().await;
    assert_eq!(
        (report.sent, report.rejected, report.retried, report.unsent),
        (3, 1, 1, 0)
    );
}

#[tokio::test]
async fn a_document_that_spoils_its_call_is_found_and_the_others_arrive() {
    let running = started(Setup::default()).await;
    running.xray.always(Reply::RefuseWith("bad"));
    invoke(&running, "a", &["one", "two", "bad", "three", "four"]).await;
    let mut names = running.xray.names();
    names.sort();
    assert_eq!(names, ["four", "one", "three", "two"]);
    let report = running.shut_down().await;
    assert_eq!((report.sent, report.rejected, report.unsent), (4, 1, 0));
}

#[tokio::test]
async fn a_full_buffer_drops_the_oldest_and_says_so() {
    let setup = Setup::default()
        .set("XRAY_EXTENSION_BUFFER_MB", "1")
        .set("XRAY_EXTENSION_FLUSH_BUDGET_MS", "20");
    let running = started(setup).await;
    running
        .xray
        .always(Reply::Refuse(403, "AccessDeniedException"));
    for number in 0..30 {
        let name = format!("n{number}-{}", "x".repeat(50_000));
        invoke(&running, &number.to_string(), &[&name]).await;
    }
    assert!(running.said(&["the buffer is full", "XRAY_EXTENSION_BUFFER_MB"]));
    running.xray.always(Reply::Good);
    let xray = running.xray.clone();
    let report = running.shut_down().await;
    assert_eq!(report.received, 30);
    assert_eq!(report.sent + report.evicted, 30);
    assert!(report.evicted >= 9, "{report:?}");
    assert!(xray.names().iter().any(|name| name.starts_with("n29-")));
}

#[tokio::test]
async fn what_is_missing_is_named_and_the_function_runs_on() {
    for (without, words) in [
        (&["AWS_REGION"][..], ["AWS_REGION", "region"]),
        (
            &["AWS_ACCESS_KEY_ID"][..],
            ["AWS_ACCESS_KEY_ID", "credentials"],
        ),
        (
            &["AWS_REGION", "AWS_ENDPOINT_URL_XRAY"][..],
            ["AWS_REGION", "no region"],
        ),
    ] {
        let running = started(Setup {
            without,
            ..Setup::default()
        })
        .await;
        invoke(&running, "a", &["one"]).await;
        assert!(running.said(&words), "{without:?}: {}", running.lines());
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_named() {
    let setup = Setup::default()
        .set("AWS_ENDPOINT_URL_XRAY", "http://127.0.0.1:1")
        .set("XRAY_EXTENSION_FLUSH_BUDGET_MS", "50");
    let running = started(setup).await;
    invoke(&running, "a", &["one"]).await;
    assert!(
        running.said(&["http://127.0.0.1:1", "AWS_ENDPOINT_URL_XRAY"]),
        "{}",
        running.lines()
    );
}

#[tokio::test]
async fn calls_are_signed_for_the_region() {
    let running = started(Setup::default()).await;
    invoke(&running, "a", &["one"]).await;
    let authorization = running.xray.authorizations().remove(0);
    assert!(
        authorization.starts_with("AWS4-HMAC-SHA256 Credential=key/"),
        "{authorization}"
    );
    assert!(
        authorization.contains("/eu-central-1/xray/aws4_request"),
        "{authorization}"
    );
}

/// Credentials as Lambda serves them to a `SnapStart` function.
#[derive(Clone)]
struct Container;

impl Answer for Container {
    async fn answer(self, request: Request) -> Option<Response> {
        let allowed = request
            .headers()
            .get("authorization")
            .is_some_and(|token| token == "the-token");
        let credentials = json!({
            "AccessKeyId": "from-container", "SecretAccessKey": "s", "Token": "t", "Expiration": "2999-01-01T00:00:00Z",
        });
        Some(json(if allowed { 200 } else { 403 }, &credentials))
    }
}

#[tokio::test]
async fn credentials_may_come_from_a_container() {
    let address = serve(Container).await;
    let setup = |token| {
        Setup {
            without: &["AWS_ACCESS_KEY_ID"],
            ..Setup::default()
        }
        .set(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            &format!("http://{address}/credentials"),
        )
        .set("AWS_CONTAINER_AUTHORIZATION_TOKEN", token)
    };
    let running = started(setup("the-token")).await;
    invoke(&running, "a", &["one"]).await;
    assert!(
        running
            .xray
            .authorizations()
            .remove(0)
            .contains("Credential=from-container/")
    );

    let running = started(setup("another")).await;
    invoke(&running, "a", &["one"]).await;
    assert!(running.said(&["credentials", "403"]), "{}", running.lines());
}

fn any_fault() -> impl Strategy<Value = Reply> {
    prop_oneof![
        Just(Reply::Good),
        Just(Reply::Slow(Duration::from_millis(30))),
        Just(Reply::Refuse(500, "InternalFailure")),
        Just(Reply::Refuse(503, "")),
        Just(Reply::Refuse(429, "ThrottledException")),
        Just(Reply::Refuse(403, "AccessDeniedException")),
        Just(Reply::Refuse(400, "ExpiredTokenException")),
        Just(Reply::Refuse(400, "InvalidRequestException")),
        Just(Reply::Break),
        Just(Reply::Unprocessed(
            vec!["a0", "b1", "c0"],
            "InternalFailure"
        )),
        Just(Reply::Unprocessed(vec!["a1", "c2"], "InvalidTraceId")),
    ]
}

/// Three invocations of three documents, then the end, while X-Ray answers its first calls so.
async fn live_through(faults: Vec<Reply>) -> (BTreeSet<String>, u64, String) {
    let running = started(Setup::default().set("XRAY_EXTENSION_FLUSH_BUDGET_MS", "100")).await;
    running.xray.reply(faults);
    for id in ["a", "b", "c"] {
        let names = [0, 1, 2].map(|number| format!("{id}{number}"));
        invoke(&running, id, &names.each_ref().map(String::as_str)).await;
    }
    let xray = running.xray.clone();
    let report = running.shut_down().await;
    let arrived: BTreeSet<_> = xray.names().into_iter().collect();
    let counted = report.sent + report.rejected + report.unsent + report.evicted;
    assert_eq!((report.received, counted), (9, 9), "{report:?}");
    (
        arrived,
        report.rejected + report.unsent,
        format!("{report:?}"),
    )
}

#[test]
fn whatever_goes_wrong_everything_arrives_or_is_counted() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
    let tested = runner.run(&prop::collection::vec(any_fault(), 0..8), |faults| {
        let (arrived, lost, report) = runtime.block_on(live_through(faults));
        prop_assert_eq!(arrived.len() as u64 + lost, 9, "{:?} {}", arrived, report);
        Ok(())
    });
    tested.unwrap();
}
