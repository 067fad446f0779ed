//! What stands beneath what, and what a subsegment can say.

use std::time::Duration;

use lambda_runtime::Error;
use lambda_xray::document::{Http, HttpRequest, HttpResponse, Namespace, Preparation, Sql};
use lambda_xray::{Context, FutureExt, Subsegment, subsegment, trace_header};
use serde_json::{Value, json};

use crate::receiver::{Came, named};
use crate::world::{ROOT, SAMPLED, context, invoke, traced, welcomed};

#[track_caller]
fn assert_beneath(documents: &[Value], child: &str, parent: &str) {
    let (child, parent) = (named(documents, child), named(documents, parent));
    assert_eq!(child["parent_id"], parent["id"], "{child:#} {parent:#}");
}

async fn step(name: &str) {
    let _step = subsegment(name);
    tokio::task::yield_now().await;
}

#[tokio::test]
async fn a_guard_measures_beside_and_a_future_runs_within() {
    let documents = traced(|| async {
        let first = subsegment("first");
        let _beside = subsegment("beside");
        let _child = first.subsegment("child");
        step("inner").in_subsegment(subsegment("outer")).await;
        subsegment("scope").in_scope(|| drop(subsegment("scoped")));
        step("after").await;
    })
    .await;
    assert_eq!(documents.len(), 9);
    for name in ["first", "beside", "outer", "scope", "after"] {
        assert_beneath(&documents, name, "orders");
    }
    assert_beneath(&documents, "child", "first");
    assert_beneath(&documents, "inner", "outer");
    assert_beneath(&documents, "scoped", "scope");
}

#[tokio::test]
async fn futures_that_take_turns_do_not_see_each_other() {
    let documents = traced(|| async {
        let branch = |name: &'static str| {
            async move {
                for number in 0..3 {
                    step(&format!("{name}{number}")).await;
                }
            }
            .in_subsegment(subsegment(name))
        };
        tokio::join!(branch("a"), branch("b"));
    })
    .await;
    for number in 0..3 {
        for name in ["a", "b"] {
            assert_beneath(&documents, &format!("{name}{number}"), name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawned_task_takes_its_place_along() {
    let documents = traced(|| async {
        let here = tokio::spawn(step("carried").in_context(Context::current()));
        let own = tokio::spawn(step("within own").in_subsegment(subsegment("own")));
        let thread = std::thread::spawn({
            let context = Context::current();
            move || context.in_scope(|| drop(subsegment("thread")))
        });
        let lost = tokio::spawn(step("lost"));
        let (one, two, three) = tokio::join!(here, own, lost);
        one.and(two).and(three).unwrap();
        thread.join().unwrap();
    })
    .await;
    assert_eq!(documents.len(), 5);
    for name in ["carried", "own", "thread"] {
        assert_beneath(&documents, name, "orders");
    }
    assert_beneath(&documents, "within own", "own");
}

#[tokio::test]
async fn what_ends_late_is_sent_late() {
    let (receiver, layer) = welcomed();
    let late: std::sync::Mutex<Option<Subsegment>> = std::sync::Mutex::default();
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        *late.lock().unwrap() = Some(subsegment("late"));
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert_eq!(receiver.documents().len(), 1);
    drop(late.lock().unwrap().take());
    assert_eq!(receiver.documents()[0]["name"], "late");
}

#[tokio::test]
async fn a_place_that_has_closed_takes_nothing_and_harms_nobody() {
    let documents = traced(|| async {
        let gone = Context::clone(&subsegment("gone"));
        let next = subsegment("next");
        gone.annotate("late", true);
        drop(next);
        drop(gone.subsegment("orphan"));
    })
    .await;
    assert_eq!(named(&documents, "next").get("annotations"), None);
    assert_beneath(&documents, "orphan", "gone");
}

#[tokio::test]
async fn says_all_that_a_document_can_hold() {
    let documents = traced(|| async {
        let call = subsegment("what?! \u{1f600}");
        call.annotate("order.id", "42");
        call.annotate("amount", 99.5);
        call.annotate("amount", 100);
        call.metadata("cart", json!({"items": 3}));
        call.metadata_in("debug", "tries", [1, 2]);
        call.user("ada");
        call.http(Http {
            request: Some(HttpRequest {
                method: Some("GET".into()),
                url: Some("https://example.com/".into()),
                ..HttpRequest::default()
            }),
            response: Some(HttpResponse {
                status: Some(429),
                content_length: None,
            }),
        });
        call.cause(&"x".parse::<u8>().unwrap_err());
        let query = subsegment("orders@db");
        query.namespace(Namespace::Remote);
        query.sql(Sql {
            sanitized_query: Some("SELECT ?".into()),
            preparation: Some(Preparation::Statement),
            ..Sql::default()
        });
        query.fail(&"x".parse::<u8>().unwrap_err());
        Context::current().annotate("on", "the function");
    })
    .await;
    let call = named(&documents, "what__ _");
    assert_eq!(
        call["annotations"],
        json!({"order_id": "42", "amount": 100})
    );
    assert_eq!(
        call["metadata"],
        json!({"default": {"cart": {"items": 3}}, "debug": {"tries": [1, 2]}})
    );
    assert_eq!(call["user"], "ada");
    assert_eq!(call["http"]["response"]["status"], 429);
    assert_eq!(
        (&call["error"], &call["throttle"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(call.get("fault"), None);
    assert_eq!(call["cause"]["exceptions"][0]["type"], "ParseIntError");
    let query = named(&documents, "orders@db");
    assert_eq!(query["namespace"], "remote");
    assert_eq!(query["sql"]["preparation"], "statement");
    assert_eq!(query["fault"], true);
    assert_eq!(
        named(&documents, "orders")["annotations"]["on"],
        "the function"
    );
}

#[tokio::test]
async fn a_captured_error_is_the_cause_of_its_subsegment_alone() {
    let documents = traced(|| async {
        let failing = async { Err::<(), Error>("declined".into()) };
        failing.capture(subsegment("pay")).await.unwrap_err();
        let fine = async { Ok::<_, Error>(()) };
        fine.capture(subsegment("ship")).await.unwrap();
    })
    .await;
    assert_eq!(
        named(&documents, "pay")["cause"]["exceptions"][0]["message"],
        "declined"
    );
    assert_eq!(named(&documents, "ship").get("fault"), None);
    assert_eq!(named(&documents, "orders").get("fault"), None);
}

#[tokio::test]
async fn the_header_to_send_on_names_the_innermost_subsegment() {
    let documents = traced(|| async {
        let outer = subsegment("outer");
        let sent =
            async { Context::current().annotate("sent", trace_header().unwrap().to_string()) };
        sent.in_subsegment(outer).await;
    })
    .await;
    let outer = named(&documents, "outer");
    let id = outer["id"].as_str().unwrap();
    assert_eq!(
        outer["annotations"]["sent"],
        format!("Root={ROOT};Parent={id};Sampled=1;Lineage=a:1|b:2")
    );
}

#[tokio::test]
async fn a_subsegment_of_200_kb_is_trimmed_and_sent() {
    let documents = traced(|| async {
        let big = subsegment("big");
        big.annotate("order", "42");
        big.metadata("blob", "x".repeat(200_000));
        big.metadata("note", "small");
    })
    .await;
    let big = named(&documents, "big");
    assert_eq!(big["annotations"]["order"], "42");
    assert_eq!(big["metadata"]["default"], json!({"note": "small"}));
    assert_eq!(big["metadata"]["trimmed"]["metadata.default.blob"], 200_002);
}

#[tokio::test]
async fn calls_to_others_are_told_of_when_they_open() {
    let (receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        let call = subsegment("example.com");
        call.namespace(Namespace::Remote);
        let came = receiver.came();
        assert!(
            matches!(&came[..], [Came::Open(_), Came::Open(open)] if open["name"] == "example.com")
        );
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert_eq!(receiver.documents().len(), 2);
}

#[tokio::test]
async fn times_are_of_the_work() {
    let documents = traced(|| async {
        let _slow = subsegment("slow");
        tokio::time::sleep(Duration::from_millis(5)).await;
    })
    .await;
    let time = |name, field: &str| named(&documents, name)[field].as_f64().unwrap();
    let took = time("slow", "end_time") - time("slow", "start_time");
    assert!((0.004..5.0).contains(&took), "{took}");
    assert!(time("orders", "start_time") <= time("slow", "start_time"));
    assert!(time("orders", "end_time") >= time("slow", "end_time"));
}
