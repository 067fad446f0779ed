//! A trace is a function of the set of its documents: order and pieces of arrival change nothing.

use proptest::prelude::*;
use serde_json::{Value, json};
use xray_local::{Entity, Status, compile};

use crate::documents::{START, TRACE, in_progress, segment, subsegment, with};
use crate::service::Service;

/// A web service that calls a function, with everything in pieces.
fn pieces() -> Vec<Value> {
    vec![
        segment(
            "1000000000000001",
            "web",
            (0.0, 1.0),
            json!({ "subsegments": [
                { "id": "1000000000000002", "name": "embedded", "start_time": START + 0.1, "end_time": START + 0.9 },
            ]}),
        ),
        subsegment(
            "1000000000000003",
            "below embedded",
            "1000000000000002",
            (0.2, 0.8),
            json!({}),
        ),
        subsegment(
            "1000000000000004",
            "below that",
            "1000000000000003",
            (0.3, 0.4),
            json!({ "namespace": "remote" }),
        ),
        subsegment(
            "1000000000000005",
            "sibling",
            "1000000000000003",
            (0.2, 0.3),
            json!({}),
        ),
        segment(
            "1000000000000006",
            "called",
            (0.31, 0.39),
            json!({ "parent_id": "1000000000000004" }),
        ),
        subsegment(
            "1000000000000007",
            "function",
            "2000000000000000",
            (0.5, 0.7),
            json!({ "fault": true }),
        ),
    ]
}

fn names(entity: Entity<'_>) -> Value {
    let inside: Vec<_> = entity.subsegments().map(names).collect();
    json!({ entity.name(): inside })
}

#[test]
fn subsegments_lie_under_their_parents_wherever_those_are() {
    let trace = compile(pieces());
    let names: Vec<_> = trace.entities().map(names).collect();
    assert_eq!(
        names,
        [
            json!({ "web": [{ "embedded": [{ "below embedded": [{ "sibling": [] }, { "below that": [] }] }] }] }),
            json!({ "called": [] }),
            json!({ "function": [] }),
            json!({ "function": [{ "function": [] }] }),
        ]
    );
    let placed = trace.tree().find(|it| it.name() == "sibling").unwrap();
    for field in ["type", "parent_id", "trace_id"] {
        assert_eq!(placed.get(field), None, "{field}");
    }
}

#[test]
fn lambda_s_two_segments_stand_around_a_function_s_subsegments() {
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
    let aws = json!({ "request_id": "r-1", "function_arn": arn });
    let trace = compile(vec![
        subsegment(
            "1000000000000001",
            "handler",
            "2000000000000000",
            (0.0, 0.5),
            json!({ "aws": aws, "error": true }),
        ),
        subsegment(
            "1000000000000002",
            "after",
            "2000000000000000",
            (0.5, 0.6),
            json!({}),
        ),
    ]);
    let [service, function] = &trace.entities().collect::<Vec<_>>()[..] else {
        panic!("{trace:#?}");
    };
    assert_eq!(service.text("/origin"), Some("AWS::Lambda"));
    assert_eq!(service.text("/aws/request_id"), Some("r-1"));
    assert_eq!(service.http_status(), Some(200));
    assert_eq!(function.text("/origin"), Some("AWS::Lambda::Function"));
    assert_eq!(function.parent(), service.id());
    assert_eq!(function.text("/aws/account_id"), Some("123456789012"));
    assert_eq!(function.subsegments().count(), 2);
    for segment in [service, function] {
        assert_eq!(segment.name(), "orders");
        assert_eq!(segment.status(), Status::Error);
        assert_eq!(segment.text("/trace_id"), Some(TRACE));
        assert_eq!(
            (segment.start(), segment.end()),
            (Some(START), Some(START + 0.6))
        );
    }
    assert_eq!(trace.root().unwrap().id(), service.id());
}

#[test]
fn what_was_called_and_sent_nothing_is_inferred_until_it_speaks() {
    let call = |id: &str, name: &str, more: Value| {
        subsegment(id, name, "1000000000000001", (0.1, 0.2), more)
    };
    let documents = vec![
        segment("1000000000000001", "web", (0.0, 1.0), json!({})),
        call(
            "1000000000000002",
            "dynamodb",
            json!({ "namespace": "aws", "aws": { "table_name": "orders" }, "error": true }),
        ),
        call(
            "1000000000000003",
            "SQS",
            json!({ "namespace": "aws", "aws": { "queue_url": "https://q" } }),
        ),
        call("1000000000000004", "SSM", json!({ "namespace": "aws" })),
        call(
            "1000000000000005",
            "db@host",
            json!({ "namespace": "remote", "sql": {} }),
        ),
        call(
            "1000000000000006",
            "example.com",
            json!({ "namespace": "remote" }),
        ),
        call(
            "1000000000000007",
            "traced.example",
            json!({ "namespace": "remote", "http": { "request": { "traced": true } } }),
        ),
        call("1000000000000008", "own work", json!({})),
    ];
    let inferred = |documents: Vec<Value>| -> Vec<String> {
        let trace = compile(documents);
        let inferred = trace.entities().filter(|it| it.is_inferred());
        let mut names: Vec<_> = inferred
            .map(|it| format!("{} {}", it.name(), it.text("/origin").unwrap_or("-")))
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        inferred(documents.clone()),
        [
            "SQS AWS::SQS::Queue",
            "SSM AWS::SSM",
            "db@host Database::SQL",
            "dynamodb AWS::DynamoDB::Table",
            "example.com -"
        ]
    );
    let real = segment(
        "2000000000000006",
        "example",
        (0.1, 0.2),
        json!({ "parent_id": "1000000000000006" }),
    );
    let after = inferred([documents.clone(), vec![real]].concat());
    assert!(!after.contains(&"example.com -".to_owned()), "{after:?}");
    let trace = compile(documents);
    let table = trace.entities().find(|it| it.name() == "dynamodb").unwrap();
    assert_eq!(table.parent().unwrap().to_string(), "1000000000000002");
    assert_eq!(table.status(), Status::Error);
    assert_eq!(table.text("/trace_id"), Some(TRACE));
}

#[test]
fn a_function_s_segments_are_in_progress_while_anything_in_it_is() {
    let open = in_progress(subsegment(
        "1000000000000001",
        "f",
        "2000000000000000",
        (0.0, 0.5),
        json!({}),
    ));
    let trace = compile(vec![open]);
    assert!(trace.entities().all(Entity::in_progress));
}

#[test]
fn entities_that_contain_each_other_are_shown_once_each() {
    let trace = compile(vec![
        subsegment(
            "1000000000000001",
            "a",
            "1000000000000002",
            (0.0, 1.0),
            json!({}),
        ),
        subsegment(
            "1000000000000002",
            "b",
            "1000000000000001",
            (0.0, 1.0),
            json!({}),
        ),
        subsegment(
            "1000000000000003",
            "self",
            "1000000000000003",
            (0.0, 1.0),
            json!({}),
        ),
    ]);
    let count = |name: &str| {
        trace
            .tree()
            .filter(|it| it.name() == name && it.get("origin").is_none())
            .count()
    };
    assert_eq!((count("a"), count("b"), count("self")), (1, 1, 1));
}

#[test]
fn an_embedded_subsegment_gives_way_to_its_complete_document() {
    let embedded = json!({ "id": "1000000000000002", "name": "x", "start_time": START, "in_progress": true,
        "subsegments": [{ "id": "1000000000000003", "name": "inside", "start_time": START, "end_time": START }] });
    let trace = compile(vec![
        segment(
            "1000000000000001",
            "web",
            (0.0, 1.0),
            json!({ "subsegments": [embedded] }),
        ),
        subsegment(
            "1000000000000002",
            "x",
            "1000000000000001",
            (0.0, 0.5),
            json!({}),
        ),
    ]);
    assert!(!trace.in_progress());
    let names: Vec<_> = trace.entities().map(names).collect();
    assert_eq!(names, [json!({ "web": [{ "x": [{ "inside": [] }] }] })]);
}

proptest! {
    #[test]
    fn order_does_not_matter(documents in Just(pieces()).prop_shuffle()) {
        prop_assert_eq!(compile(documents), compile(pieces()));
    }

    #[test]
    fn any_web_of_parents_compiles_to_each_document_once_in_any_order(
        (parents, order) in (1_usize..40).prop_flat_map(|size| {
            let parents = prop::collection::vec((0..size + 3, any::<bool>()), size);
            (parents, Just((0..size).collect::<Vec<_>>()).prop_shuffle())
        })
    ) {
        let document = |at: usize| {
            let (parent, is_segment) = parents[at];
            let id = |number: usize| format!("{:016x}", number + 1);
            let name = format!("n{at}");
            if is_segment {
                segment(&id(at), &name, (0.0, 1.0), json!({ "parent_id": id(parent) }))
            } else {
                subsegment(&id(at), &name, &id(parent), (0.0, 1.0), json!({}))
            }
        };
        let straight = compile((0..parents.len()).map(document).collect());
        let shuffled = compile(order.into_iter().map(document).collect());
        prop_assert_eq!(&straight, &shuffled);
        for at in 0..parents.len() {
            let id = format!("{:016x}", at + 1);
            let found = straight.tree().filter(|it| it.text("/id") == Some(&id)).count();
            prop_assert_eq!(found, 1);
        }
    }

    #[test]
    fn no_json_panics(documents in prop::collection::vec(any_json(), 0..6)) {
        let trace = compile(documents);
        let _ = (trace.root().is_some(), trace.span(), trace.in_progress());
        let _ = xray_local::timeline::Timeline::new("", &trace);
    }
}

/// JSON that looks like documents just enough to reach every branch.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "id",
        "name",
        "parent_id",
        "trace_id",
        "type",
        "subsegments",
        "start_time",
        "end_time",
        "annotations",
        "cause",
        "exceptions",
        "http",
        "response",
        "status",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::sample::select(vec![
            "subsegment",
            "1000000000000001",
            "1000000000000002",
            "x"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8).prop_map(|fields| fields
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

#[tokio::test]
async fn a_complete_document_replaces_the_one_in_progress_whichever_comes_first() {
    let complete = segment(
        "1000000000000001",
        "web",
        (0.0, 1.0),
        json!({ "annotations": { "done": true } }),
    );
    let open = in_progress(segment("1000000000000001", "web", (0.0, 1.0), json!({})));
    for order in [[&open, &complete], [&complete, &open]] {
        let service = Service::start().await;
        for document in order {
            service.put(std::slice::from_ref(document)).await;
        }
        assert_eq!(service.trace(TRACE).await, std::slice::from_ref(&complete));
    }
}

#[tokio::test]
async fn pieces_arrive_in_any_order_over_the_wire() {
    let whole = Service::start().await;
    whole.put(&pieces()).await;
    let expected = whole.trace(TRACE).await;
    let dribbled = Service::start().await;
    for piece in pieces().into_iter().rev() {
        dribbled.put(&[with(piece, json!({}))]).await;
    }
    assert_eq!(dribbled.trace(TRACE).await, expected);
}
