//! What the store leaves out by marks is nothing that the evaluator would have found.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{Filter, Search};
use crate::compile::compile;
use crate::mark::{Mark, marks};
use crate::refusal::Refusal;

/// Of the values that documents have here, so that conditions often hold.
const CONDITIONS: [&str; 32] = [
    "ok",
    "fault",
    "!fault",
    "fault = false",
    "error",
    "throttle",
    "partial",
    "http.status = 200",
    "http.status = 500",
    "http.status >= 500",
    "http.status != 200",
    r#"http.url = "http://a/""#,
    r#"http.url CONTAINS "a""#,
    r#"user = "u""#,
    r#"name = "web""#,
    r#"name = "orders""#,
    r#"type = "remote""#,
    "annotation.k",
    r#"annotation.k = "v""#,
    r#"annotation.k != "v""#,
    "annotation.k = 1",
    "annotation.k = 0",
    "annotation.k > 0",
    "annotation.k = true",
    r#"service("web")"#,
    r#"service("orders") { fault }"#,
    r#"service("fn") { annotation.k = "v" OR error }"#,
    r#"service(id(type: "client"))"#,
    r#"edge("web", "orders")"#,
    r#"edge("web", "fn") { fault }"#,
    r#"rootcause.fault.service { name = "web" }"#,
    r#"rootcause.error.exception { message = "m" }"#,
];

fn any_expression() -> impl Strategy<Value = String> {
    let condition = select(&CONDITIONS[..]).prop_map(str::to_owned);
    condition.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..3).prop_map(|all| format!("({})", all.join(" AND "))),
            vec(inner.clone(), 1..3).prop_map(|any| format!("({})", any.join(" OR "))),
            inner.prop_map(|it| format!("!({it})")),
        ]
    })
}

fn any_fields() -> impl Strategy<Value = Value> {
    let parts = vec![
        json!({}),
        json!({ "fault": true }),
        json!({ "error": true, "cause": { "exceptions": [{ "id": "e", "message": "m" }] } }),
        json!({ "fault": true, "cause": { "exceptions": [{ "id": "e", "type": "t" }] } }),
        json!({ "throttle": true, "error": true }),
        json!({ "http": { "request": { "url": "http://a/" }, "response": { "status": 500 } } }),
        json!({ "http": { "response": { "status": 200 } }, "user": "u" }),
        json!({ "annotations": { "k": "v" } }),
        json!({ "annotations": { "k": 1 } }),
        json!({ "annotations": { "k": -0.0 } }),
        json!({ "annotations": { "k": true } }),
        json!({ "namespace": "remote" }),
        json!({ "namespace": "aws", "name": "DynamoDB", "aws": { "table_name": "orders" } }),
        json!({ "aws": { "function_arn": "arn:aws:lambda:r:1:function:fn" } }),
        json!({ "resource_arn": "arn:aws:lambda:r:1:function:web" }),
    ];
    vec(select(parts), 0..4).prop_map(|parts| {
        let mut fields = serde_json::Map::new();
        for part in parts {
            fields.extend(part.as_object().cloned().unwrap_or_default());
        }
        Value::Object(fields)
    })
}

/// A segment or subsegment of few ids, so that documents belong together or are one another's rivals.
fn any_document() -> impl Strategy<Value = Value> {
    let name = select(vec!["web", "orders", "fn", "## handler"]);
    let ids = (1_u8..6, 0_u8..6);
    let inside = (any_fields(), 6_u8..9).prop_map(|(fields, id)| entity(id, "inside", &fields));
    (
        name,
        ids,
        any_fields(),
        any::<[bool; 2]>(),
        vec(inside, 0..2),
    )
        .prop_map(
            |(name, (id, parent), fields, [is_segment, is_done], inside)| {
                let mut document = entity(id, name, &fields);
                let more = [
                    ("type", (!is_segment).then(|| json!("subsegment"))),
                    (
                        "parent_id",
                        (!is_segment || parent > 2).then(|| json!(format!("{parent:016x}"))),
                    ),
                    ("end_time", is_done.then(|| json!(1.5))),
                    ("subsegments", Some(json!(inside))),
                ];
                let more = more
                    .into_iter()
                    .filter_map(|(key, it)| Some((key.to_owned(), it?)));
                document.extend(more);
                Value::Object(document)
            },
        )
}

fn entity(id: u8, name: &str, fields: &Value) -> serde_json::Map<String, Value> {
    let base = json!({
        "id": format!("{id:016x}"), "name": name, "trace_id": "1-6502e9a0-0123456789abcdef01234567", "start_time": f64::from(id),
    });
    let mut all = base.as_object().cloned().unwrap();
    all.extend(fields.as_object().cloned().unwrap());
    all
}

fn search(text: &str) -> Search {
    let filter = Filter::parse(text).unwrap();
    filter.substitute(|_| Ok::<_, Refusal>(None)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn what_the_evaluator_finds_the_marks_admit(text in any_expression(), documents in vec(any_document(), 1..4)) {
        let search = search(&text);
        let found: BTreeSet<Mark> = documents.iter().flat_map(marks).collect();
        let admitted = search.clues().iter().all(|clue| clue.iter().any(|it| found.contains(it)));
        let trace = compile(documents.clone());
        prop_assert!(admitted || !search.holds_of(&trace), "{text} holds of {documents:?}");
    }
}

#[test]
fn marks_leave_out_what_is_plainly_asked_for_and_not_there() {
    let document = json!({ "id": "1000000000000001", "name": "web", "annotations": { "k": "v" } });
    let found = marks(&document);
    let admits = |text| {
        let clues = search(text).clues();
        clues
            .iter()
            .all(|clue| clue.iter().any(|it| found.contains(it)))
    };
    for (text, wanted) in [
        (r#"annotation.k = "v""#, true),
        (r#"annotation.k = "w""#, false),
        (r#"annotation.k = "w" OR service("web")"#, true),
        (r#"annotation.k = "w" OR ok"#, true),
        (r#"annotation.k = "v" AND fault"#, false),
        ("!annotation.l", true),
        ("annotation.l", false),
        (r#"service("db")"#, false),
        (r#"edge("web", "db")"#, false),
        ("http.status = 200", false),
        ("http.status >= 200", true),
    ] {
        assert_eq!(admits(text), wanted, "{text}");
    }
}

#[test]
fn a_document_with_very_many_annotations_may_be_anything() {
    let annotations: serde_json::Map<String, Value> =
        (0..300).map(|it| (format!("k{it}"), json!(it))).collect();
    let document = json!({ "id": "1000000000000001", "name": "web", "annotations": annotations });
    assert_eq!(marks(&document), [Mark::ANY]);
}
