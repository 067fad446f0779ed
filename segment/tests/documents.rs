//! Documents through the public door: what is printed parses back, fits the official schema, and splits without loss.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use jsonschema::Validator;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Value, json};
use xray_segment::document::{
    AnnotationValue, Annotations, Aws, Cause, CauseDetail, Document, Exception, Http, HttpRequest,
    HttpResponse, Link, Namespace, Preparation, Service, Sql, StackFrame, Text,
};
use xray_segment::split::{TRIMMED, split};
use xray_segment::{EntityId, Timestamp, TraceId, limits};

/// The official schema (X-Ray Developer Guide, "Segment document schema", version 1.0.0).
fn schema() -> Validator {
    let schema: Value = serde_json::from_str(include_str!("segment-schema.json")).unwrap();
    jsonschema::draft4::new(&schema).unwrap()
}

fn text() -> impl Strategy<Value = Text<'static>> {
    "[a-zA-Z0-9 ./:é字\"\\\\]{0,40}".prop_map(Text::from)
}

fn entity() -> impl Strategy<Value = EntityId> {
    any::<[u8; 8]>().prop_map(EntityId::from_bytes)
}

fn trace() -> impl Strategy<Value = TraceId> {
    any::<[u8; 16]>().prop_map(TraceId::from_bytes)
}

fn time() -> impl Strategy<Value = Timestamp> {
    (1_600_000_000_000_000..1_900_000_000_000_000_u64).prop_map(Timestamp::from_micros)
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,5}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn annotations() -> impl Strategy<Value = Annotations<'static>> {
    let value = prop_oneof![
        any::<bool>().prop_map(AnnotationValue::from),
        any::<i64>().prop_map(AnnotationValue::from),
        (-1e9..1e9_f64).prop_map(AnnotationValue::from),
        text().prop_map(AnnotationValue::from),
    ];
    vec((any::<String>(), value), 0..4).prop_map(|pairs| {
        let mut annotations = Annotations::default();
        for (key, value) in pairs {
            annotations.insert(key, value);
        }
        annotations
    })
}

fn http() -> impl Strategy<Value = Http<'static>> {
    let request = (of(text()), of(text()), any::<bool>(), any::<bool>()).prop_map(
        |(method, url, x_forwarded_for, traced)| HttpRequest {
            client_ip: url.clone(),
            user_agent: method.clone(),
            method,
            url,
            x_forwarded_for,
            traced,
        },
    );
    let response =
        (of(any::<u16>()), of(0..u64::from(u32::MAX))).prop_map(|(status, content_length)| {
            HttpResponse {
                status,
                content_length,
            }
        });
    (of(request), of(response)).prop_map(|(request, response)| Http { request, response })
}

fn cause() -> impl Strategy<Value = Cause<'static>> {
    let frame = (of(text()), of(0..9999_u32), of(text()))
        .prop_map(|(path, line, label)| StackFrame { path, line, label });
    let exception = (
        entity(),
        text(),
        text(),
        any::<bool>(),
        of(entity()),
        vec(frame, 0..4),
    )
        .prop_map(|(id, kind, message, remote, cause, stack)| Exception {
            remote,
            cause,
            stack,
            truncated: 3,
            ..Exception::new(id, kind, message)
        });
    let detail = (of(text()), vec(text(), 0..3), vec(exception, 0..3)).prop_map(
        |(working_directory, paths, exceptions)| {
            Cause::Detail(Box::new(CauseDetail {
                working_directory,
                paths,
                exceptions,
            }))
        },
    );
    prop_oneof![entity().prop_map(Cause::Reference), detail]
}

fn aws() -> impl Strategy<Value = Aws<'static>> {
    (
        of(text()),
        of(text()),
        of(0..9_u32),
        proptest::collection::btree_map("[a-z]{3}_x", json_value(), 0..3),
    )
        .prop_map(|(operation, region, retries, parameters)| Aws {
            request_id: region.clone(),
            operation,
            region,
            retries,
            parameters: parameters
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
            ..Aws::default()
        })
}

fn sql() -> impl Strategy<Value = Sql<'static>> {
    (of(text()), of(text()), any::<bool>()).prop_map(|(url, sanitized_query, call)| Sql {
        url,
        sanitized_query,
        preparation: call.then_some(Preparation::Call),
        ..Sql::default()
    })
}

prop_compose! {
    fn blocks()(http in of(http()), aws in of(aws()), sql in of(sql()), cause in of(cause()))
        -> (Option<Http<'static>>, Option<Aws<'static>>, Option<Sql<'static>>, Option<Cause<'static>>) {
        (http, aws, sql, cause)
    }
}

prop_compose! {
    fn plain()(
        name in "[a-zA-Z0-9é字 ?]{0,30}",
        (id, start, end, flags) in (entity(), time(), of(time()), any::<(bool, bool, bool)>()),
        (http, aws, sql, cause) in blocks(),
        annotations in annotations(),
        metadata in proptest::collection::btree_map(text(), proptest::collection::btree_map("[a-z]{1,5}", json_value(), 0..3), 0..3),
        (precursor_ids, remote) in (vec(entity(), 0..2), any::<bool>()),
    ) -> Document<'static> {
        let mut document = Document::subsegment(name, id, start);
        if let Some(end) = end {
            document.end(end);
        }
        (document.error, document.fault, document.throttle) = flags;
        document.http = http.map(Box::new);
        document.aws = aws.map(Box::new);
        document.sql = sql.map(Box::new);
        document.cause = cause;
        document.annotations = annotations;
        document.metadata = metadata.into_iter().map(|(key, values)| (key, values.into_iter().collect())).collect();
        document.precursor_ids = precursor_ids;
        document.namespace = remote.then_some(Namespace::Remote);
        document
    }
}

fn tree() -> impl Strategy<Value = Document<'static>> {
    plain().prop_recursive(3, 12, 4, |inner| {
        (plain(), vec(inner, 0..4)).prop_map(|(document, subsegments)| Document {
            subsegments,
            ..document
        })
    })
}

prop_compose! {
    fn segment()(document in tree(), trace in trace(), parent in of(entity()), user in of(text()), linked in of((trace(), entity())))
        -> Document<'static> {
        Document {
            trace_id: Some(trace),
            parent_id: parent,
            user,
            service: Some(Box::new(Service { version: Some("1".into()), ..Service::default() })),
            links: linked.into_iter().map(|(trace_id, id)| Link { trace_id, id, attributes: BTreeMap::new() }).collect(),
            ..document
        }
    }
}

/// Puts detached children back beneath their parents, as X-Ray does.
fn reassemble(parts: Vec<Document<'static>>) -> Document<'static> {
    let mut parts = parts.into_iter();
    let mut root = parts.next().unwrap();
    for part in parts {
        let parent = part.parent_id.unwrap();
        let child = Document {
            trace_id: None,
            parent_id: None,
            kind: None,
            ..part
        };
        find(&mut root, parent).unwrap().subsegments.push(child);
    }
    root
}

fn find<'d>(
    document: &'d mut Document<'static>,
    id: EntityId,
) -> Option<&'d mut Document<'static>> {
    if document.id == id {
        return Some(document);
    }
    document
        .subsegments
        .iter_mut()
        .find_map(|child| find(child, id))
}

/// The order of children does not matter to X-Ray.
fn sorted(mut document: Document<'static>) -> Document<'static> {
    document.subsegments = document.subsegments.into_iter().map(sorted).collect();
    document.subsegments.sort_by_key(|child| child.id);
    document
}

/// The least limit that no single subsegment has to be trimmed for, with room for what a detached one says beside it.
fn largest(document: &Document<'_>) -> usize {
    let alone = Document {
        subsegments: Vec::new(),
        ..document.clone()
    };
    let children = document.subsegments.iter().map(largest);
    children.fold(alone.to_json().len() + 200, usize::max)
}

fn ids(document: &Document<'_>) -> Vec<EntityId> {
    let mut all = vec![document.id];
    all.extend(document.subsegments.iter().flat_map(ids));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_parsed_prints_back_the_same(document in segment()) {
        let printed = document.to_json();
        let parsed: Document<'_> = serde_json::from_str(&printed).unwrap();
        prop_assert_eq!(parsed.to_json(), printed);
        prop_assert_eq!(parsed, document);
    }

    #[test]
    fn every_document_fits_the_schema(document in segment()) {
        let schema = schema();
        let value = serde_json::to_value(&document).unwrap();
        let errors: Vec<_> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        prop_assert!(errors.is_empty(), "{errors:?} in {value}");
    }

    #[test]
    fn a_split_tree_fits_and_is_the_same_tree_again(document in segment(), share in 2_usize..10) {
        let limit = largest(&document).max(document.to_json().len() / share);
        let parts = split(document.clone(), limit);
        for part in &parts {
            prop_assert!(part.to_json().len() <= limit);
        }
        prop_assert_eq!(sorted(reassemble(parts)), sorted(document));
    }

    #[test]
    fn what_is_too_large_is_trimmed_and_never_lost(document in segment(), limit in 2_048_usize..6_000, padding in 0_usize..30_000) {
        let mut document = document;
        document.add_metadata("big", "text", "x".repeat(padding));
        let expected = { let mut all = ids(&document); all.sort_unstable(); all };
        let parts = split(document, limit);
        for part in &parts {
            prop_assert!(part.to_json().len() <= limit, "{}", part.to_json());
        }
        let mut all: Vec<_> = parts.iter().flat_map(ids).collect();
        all.sort_unstable();
        prop_assert_eq!(all, expected);
    }
}

fn big() -> Document<'static> {
    let mut document = Document::segment(
        "big",
        EntityId::from_bytes([1; 8]),
        TraceId::from_bytes([2; 16]),
        Timestamp::from_micros(1_700_000_000_000_000),
    );
    document.end(Timestamp::from_micros(1_700_000_001_000_000));
    document
}

#[test]
fn metadata_goes_before_anything_that_is_searched_for() {
    let mut document = big();
    document.annotations.insert("order", "42");
    document.add_metadata("default", "small", 1);
    document.add_metadata("default", "large", "x".repeat(200_000));
    let parts = split(document, limits::DOCUMENT_BYTES);
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].annotations.get("order"), Some(&"42".into()));
    assert_eq!(parts[0].metadata["default"]["small"], 1);
    assert_eq!(
        parts[0].metadata[TRIMMED]["metadata.default.large"],
        200_002
    );
}

#[test]
fn a_deep_stack_is_counted_where_it_is_cut() {
    let mut document = big();
    let frame = StackFrame {
        label: Some("f".repeat(1000).into()),
        ..StackFrame::default()
    };
    let id = EntityId::from_bytes([9; 8]);
    let exception = Exception {
        stack: vec![frame; 100],
        ..Exception::new(id, "Overflow", "too deep")
    };
    document.cause = Some(Cause::new(vec![exception]));
    let parts = split(document, limits::DOCUMENT_BYTES);
    let Some(Cause::Detail(detail)) = &parts[0].cause else {
        panic!("{:?}", parts[0].cause)
    };
    assert_eq!(detail.exceptions[0].truncated, 100);
    assert_eq!(detail.exceptions[0].message.as_deref(), Some("too deep"));
}

#[test]
fn annotations_go_last_and_not_all_of_them() {
    let mut document = big();
    for number in 0..200 {
        document
            .annotations
            .insert(format!("key{number}"), "é".repeat(1000));
    }
    let parts = split(document, limits::DOCUMENT_BYTES);
    assert!(parts[0].to_json().len() <= limits::DOCUMENT_BYTES);
    assert!(
        parts[0].annotations.len() > 20,
        "{}",
        parts[0].annotations.len()
    );
    assert!(parts[0].metadata[TRIMMED]["annotations"].is_number());
}

#[test]
fn every_field_has_its_name_on_the_wire() {
    let golden: Value = serde_json::from_str(include_str!("golden.json")).unwrap();
    let document: Document<'_> = serde_json::from_value(golden.clone()).unwrap();
    assert_eq!(serde_json::to_value(&document).unwrap(), golden);
    assert!(schema().is_valid(&golden));
}
