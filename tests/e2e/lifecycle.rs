//! The main job: what a function traces is at X-Ray, once, before the environment is frozen.

use std::collections::HashSet;
use std::time::Duration;

use end_to_end::{Arrived, Environment, LocalXRay, Mood, Program, Setup};
use lambda_sandbox::{Event, Telemetry, Trace};
use serde_json::{Value, json};

fn order() -> Value {
    json!({"steps": [
        {"subsegment": "load", "ms": 1, "annotations": {"order": "42"}},
        {"subsegment": "pay", "steps": [
            {"subsegment": "charge", "ms": 1, "metadata": {"cart": {"items": 3}}},
            {"subsegment": "receipt"},
        ]},
    ]})
}

/// The function subsegment and the four of the order.
const DOCUMENTS: usize = 5;

fn named<'d>(documents: &'d [Arrived], name: &str) -> &'d Arrived {
    documents
        .iter()
        .find(|document| document.text("name") == name)
        .unwrap_or_else(|| panic!("no {name} in {documents:#?}"))
}

/// The function subsegment: the one right beneath Lambda's own.
fn function<'d>(documents: &'d [Arrived], parent: &str) -> &'d Arrived {
    documents
        .iter()
        .find(|document| document.text("parent_id") == parent)
        .unwrap()
}

#[tokio::test]
async fn every_document_of_100_invocations_arrives_once_and_before_the_freeze() {
    let mut environment = Environment::start().await;
    let mut ids = HashSet::new();
    for number in 0..100 {
        let invocation = environment.invoke(order()).await;
        assert_eq!(
            invocation.json()["subsegments"],
            DOCUMENTS - 1,
            "{invocation:?}"
        );
        let documents = environment.documents(&invocation);
        assert_eq!(documents.len(), DOCUMENTS, "invocation {number}");
        for document in &documents {
            assert!(
                ids.insert(document.text("id").to_owned()),
                "sent twice: {document:?}"
            );
            assert!(
                document.at <= invocation.timings.frozen.unwrap(),
                "after the freeze: {document:?}"
            );
        }
    }
    let (shutdown, xray) = environment.shutdown().await;
    assert!(
        shutdown.extensions.iter().all(|outcome| outcome.is_clean()),
        "{shutdown:?}"
    );
    assert_eq!(xray.arrived().len(), 100 * DOCUMENTS);
}

#[tokio::test]
async fn the_tree_is_the_one_the_function_made() {
    let mut environment = Environment::start().await;
    let invocation = environment.invoke(order()).await;
    let documents = environment.documents(&invocation);
    let parent = invocation.tracing.invocation_subsegment().unwrap();
    let function = function(&documents, parent);
    assert_eq!(function.json["annotations"]["ColdStart"], true);
    assert!(function.json.to_string().contains(&invocation.request_id));
    let (load, pay) = (named(&documents, "load"), named(&documents, "pay"));
    assert_eq!(load.text("parent_id"), function.text("id"));
    assert_eq!(load.json["annotations"]["order"], "42");
    assert_eq!(
        named(&documents, "charge").text("parent_id"),
        pay.text("id")
    );
    assert_eq!(
        named(&documents, "receipt").text("parent_id"),
        pay.text("id")
    );
    let again = environment.invoke(json!({})).await;
    let warm = environment.documents(&again);
    assert_eq!(warm[0].json["annotations"]["ColdStart"], false);
}

#[tokio::test]
async fn the_init_phase_is_shown_in_the_first_invocation() {
    let mut environment = Setup::default().function(Program::Hello).start().await;
    let first = environment.invoke(json!({"name": "Ada"})).await;
    assert_eq!(first.json()["greeting"], "Hello, Ada!");
    let documents = environment.documents(&first);
    let function = function(&documents, first.tracing.invocation_subsegment().unwrap());
    let init = named(&documents, "read configuration");
    assert_eq!(init.text("parent_id"), function.text("id"));
    assert_eq!(init.json["annotations"]["greeting"], "Hello");
    let (ended, began) = (&init.json["end_time"], &function.json["start_time"]);
    assert!(
        ended.as_f64() <= began.as_f64(),
        "{ended} is before {began}"
    );
    let second = environment.invoke(json!({"name": "Bob"})).await;
    assert_eq!(environment.documents(&second).len(), documents.len() - 1);
}

#[tokio::test]
async fn an_init_phase_before_an_unsampled_invocation_is_not_sent() {
    let mut environment = Setup::default().function(Program::Hello).start().await;
    let unsampled = Event::json(&json!({"name": "Ada"})).trace(Trace::Unsampled);
    environment.sandbox.invoke(unsampled).await.unwrap();
    let sampled = environment.invoke(json!({"name": "Bob"})).await;
    let documents = environment.documents(&sampled);
    assert!(
        documents
            .iter()
            .all(|document| document.text("name") != "read configuration")
    );
    assert_eq!(environment.xray.arrived().len(), documents.len());
}

#[tokio::test]
async fn ten_subsegments_at_once_stand_beside_each_other() {
    let mut environment = Environment::start().await;
    let steps: Vec<_> = (0..10)
        .map(|n| json!({"subsegment": format!("part {n}"), "ms": 3}))
        .collect();
    let event = json!({"steps": [{"subsegment": "all", "steps": [{"parallel": steps}]}]});
    let invocation = environment.invoke(event).await;
    let documents = environment.documents(&invocation);
    assert_eq!(documents.len(), 12);
    let all = named(&documents, "all").text("id");
    for n in 0..10 {
        assert_eq!(
            named(&documents, &format!("part {n}")).text("parent_id"),
            all
        );
    }
}

#[tokio::test]
async fn a_tree_of_200_kb_arrives_whole_in_documents_that_fit() {
    let mut environment = Environment::start().await;
    let parts: Vec<_> = (0..5)
        .map(|n| json!({"subsegment": format!("part {n}"), "steps": [{"bytes": 40_000}]}))
        .collect();
    let invocation = environment
        .invoke(json!({"steps": [{"subsegment": "all", "steps": parts}]}))
        .await;
    let documents = environment.documents(&invocation);
    assert_eq!(documents.len(), 7);
    let bytes: usize = documents.iter().map(Arrived::len).sum();
    assert!(bytes > 200_000, "{bytes}");
    assert!(documents.iter().all(|document| document.len() <= 64 * 1024));
}

#[tokio::test]
async fn a_subsegment_of_200_kb_is_trimmed_and_says_so() {
    let mut environment = Environment::start().await;
    let event = json!({"steps": [{"subsegment": "big", "annotations": {"order": "42"}, "steps": [{"bytes": 200_000}]}]});
    let invocation = environment.invoke(event).await;
    let documents = environment.documents(&invocation);
    assert_eq!(documents.len(), 2);
    let big = named(&documents, "big");
    assert!(big.len() <= 64 * 1024);
    assert_eq!(big.json["annotations"]["order"], "42");
    assert!(
        big.json["metadata"]["trimmed"].is_object(),
        "{:#}",
        big.json
    );
}

#[tokio::test]
async fn what_is_not_sampled_is_not_sent() {
    let mut environment = Environment::start().await;
    for trace in [
        Trace::Unsampled,
        Trace::Absent,
        Trace::Verbatim("Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=a:1".into()),
        Trace::Verbatim(";;no header=".into()),
    ] {
        let invocation = environment
            .sandbox
            .invoke(Event::json(&order()).trace(trace))
            .await
            .unwrap();
        assert!(invocation.is_success(), "{invocation:?}");
    }
    let sampled = environment.invoke(json!({})).await;
    assert_eq!(environment.documents(&sampled).len(), 1);
    assert_eq!(environment.xray.arrived().len(), 1);
}

#[tokio::test]
async fn what_x_ray_would_not_take_goes_with_the_next_invocation() {
    let mut environment = Setup::default()
        .env("XRAY_EXTENSION_FLUSH_BUDGET_MS", "300")
        .start()
        .await;
    environment.xray.set_mood(Mood::Refusing(503));
    let during = environment.invoke(order()).await;
    assert!(environment.documents(&during).is_empty());
    environment.xray.set_mood(Mood::Good);
    let after = environment.invoke(order()).await;
    assert_eq!(environment.documents(&during).len(), DOCUMENTS);
    assert_eq!(environment.documents(&after).len(), DOCUMENTS);
}

#[tokio::test]
async fn shutdown_sends_what_is_left() {
    let mut environment = Setup::default()
        .env("XRAY_EXTENSION_FLUSH_BUDGET_MS", "300")
        .start()
        .await;
    environment.xray.set_mood(Mood::Refusing(503));
    environment.invoke(order()).await;
    environment.xray.set_mood(Mood::Good);
    let (shutdown, xray) = environment.shutdown().await;
    assert!(
        shutdown.extensions.iter().all(|outcome| outcome.is_clean()),
        "{shutdown:?}"
    );
    assert_eq!(xray.arrived().len(), DOCUMENTS);
}

#[tokio::test]
async fn a_slow_x_ray_costs_an_invocation_its_budget_and_no_more() {
    let mut environment = Setup::default()
        .env("XRAY_EXTENSION_FLUSH_BUDGET_MS", "300")
        .start()
        .await;
    environment
        .xray
        .set_mood(Mood::Slow(Duration::from_secs(30)));
    let invocation = environment.invoke(order()).await;
    let held = invocation.timings.response_to_extension_next().unwrap();
    assert!(held < Duration::from_secs(5), "held for {held:?}");
    environment.xray.set_mood(Mood::Good);
    environment.invoke(json!({})).await;
    // What the slow call still held is sent again at the latest now.
    let (shutdown, xray) = environment.shutdown().await;
    assert!(
        shutdown.extensions.iter().all(|outcome| outcome.is_clean()),
        "{shutdown:?}"
    );
    let arrived = xray.arrived();
    let ids: HashSet<_> = arrived.iter().map(|document| document.text("id")).collect();
    assert_eq!(ids.len(), DOCUMENTS + 1, "{arrived:#?}");
}

#[tokio::test]
async fn without_telemetry_the_marker_ends_the_invocation() {
    let mut environment = Setup::default()
        .sandbox(|builder| builder.telemetry(Telemetry::AcceptedOnly))
        .start()
        .await;
    let invocation = environment.invoke(order()).await;
    let documents = environment.documents(&invocation);
    assert_eq!(documents.len(), DOCUMENTS);
    assert!(
        documents
            .iter()
            .all(|document| document.at <= invocation.timings.frozen.unwrap())
    );
}

#[tokio::test]
async fn the_local_x_ray_stores_and_shows_the_trace() {
    let local = LocalXRay::start().await;
    let mut environment = Setup::default().endpoint(local.url()).start().await;
    let invocation = environment.invoke(order()).await;
    let trace_id = invocation.trace_id().unwrap();
    let text = serde_json::to_string(&local.segments(trace_id).await).unwrap();
    for name in ["load", "pay", "charge", "receipt"] {
        assert!(
            text.contains(&format!("\"name\":\"{name}\"")),
            "{name} in {text}"
        );
    }
    let shown = local.command(&["trace", trace_id]).await;
    for name in ["load", "pay", "charge", "receipt"] {
        assert!(shown.contains(name), "{name} in\n{shown}");
    }
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let summaries = local
        .post(
            "/TraceSummaries",
            &json!({"StartTime": now - 60, "EndTime": now + 1}),
        )
        .await;
    assert_eq!(summaries["TraceSummaries"][0]["Id"], trace_id);
    assert_eq!(
        summaries["TraceSummaries"][0]["Annotations"]["order"][0]["AnnotationValue"]["StringValue"],
        "42"
    );
}
