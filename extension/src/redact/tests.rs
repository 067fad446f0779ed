//! What is named is gone, and everything else stays as it came.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn rules(text: &str) -> Rules {
    Rules::parse(text).unwrap()
}

#[track_caller]
fn check(text: &str, document: &str, expected: Option<&str>) {
    assert_eq!(
        rules(text).apply(document).as_deref(),
        expected,
        "{document}"
    );
}

#[test]
fn what_cannot_be_a_rule() {
    for text in [
        "annotations",
        "annotations:",
        "annotations:a,,b",
        "headers:a",
        "query:a",
        "query;",
        "",
    ] {
        assert_eq!(Rules::parse(text), None, "{text}");
    }
    let several = "annotations: a , b; query; annotations:c;metadata:d";
    assert!(rules(several).names_annotation("C") && rules(several).query);
}

#[test]
fn annotations_are_named_by_key() {
    check(
        "annotations:email",
        r#"{ "annotations" : {"Email":"a@b", "n":1.50} , "email":2, "metadata":{"default":{"email":3}}}"#,
        Some(
            r#"{ "annotations" : {"Email":"redacted", "n":1.50} , "email":2, "metadata":{"default":{"email":3}}}"#,
        ),
    );
    check("annotations:email", r#"{"annotations":{"e":"mail"}}"#, None);
}

#[test]
fn metadata_is_named_at_any_depth_but_for_its_namespaces() {
    check(
        "metadata:password",
        r#"{"metadata":{"password":{"a":[{"pass\u0077ord":{"b":1}}],"c":2}},"annotations":{"password":1}}"#,
        Some(
            r#"{"metadata":{"password":{"a":[{"pass\u0077ord":"redacted"}],"c":2}},"annotations":{"password":1}}"#,
        ),
    );
}

#[test]
fn a_query_stays_as_a_word() {
    check(
        "query",
        r#"{"http":{"request":{"method":"GET","url":"https://a/b?c=\"d\"&e#f"}},"sql":{"url":"a?b"}}"#,
        Some(
            r#"{"http":{"request":{"method":"GET","url":"https://a/b?redacted"}},"sql":{"url":"a?b"}}"#,
        ),
    );
    check(
        "query",
        r#"{"http":{"request":{"url":"https://a/b"}}}"#,
        None,
    );
}

#[test]
fn subsegments_are_looked_into() {
    let inner = r#"{"annotations":{"a":1}}"#;
    let redacted = r#"{"annotations":{"a":"redacted"}}"#;
    let nest =
        |inner: &str| format!(r#"[{{"subsegments":[{{"subsegments":[{inner}]}},{inner}]}}]"#);
    check("annotations:a", &nest(inner), Some(&nest(redacted)));
}

#[test]
fn keys_that_are_there_twice_are_both_redacted() {
    check(
        "annotations:a",
        r#"{"annotations":{"a":1,"a":2},"annotations":{"a":3}}"#,
        Some(r#"{"annotations":{"a":"redacted","a":"redacted"},"annotations":{"a":"redacted"}}"#),
    );
}

#[test]
fn what_is_too_deep_is_replaced_as_a_whole() {
    let nested = format!(
        r#"{{"metadata":{{"default":{}{{"secret":1}}{}}}}}"#,
        "[".repeat(100),
        "]".repeat(100)
    );
    let redacted = rules("metadata:secret").apply(&nested).unwrap();
    assert!(!redacted.contains("secret"), "{redacted}");
    assert!(serde_json::from_str::<Value>(&redacted).is_ok());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z?\\\\\"ü]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[abü]|secret", inner, 0..5)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn any_document() -> impl Strategy<Value = Value> {
    let parts = || (any_json(), any_json(), any_json(), any_json());
    (parts(), parts()).prop_map(|((a, m, u, other), (inner_a, inner_m, inner_u, inner))| {
        let document = |a: Value, m: Value, url: Value, other: Value| {
            json!({"annotations": a, "metadata": {"default": m}, "http": {"request": {"url": url, "secret": 1}}, "aws": other})
        };
        let inner = document(inner_a, inner_m, inner_u, inner);
        let mut document = document(a, m, u, other);
        document["subsegments"] = json!([inner]);
        document
    })
}

/// The same rules in the plainest words: on a tree.
fn redact(document: &mut Value) {
    for (key, value) in document["annotations"]
        .as_object_mut()
        .into_iter()
        .flatten()
    {
        if key == "secret" {
            *value = "redacted".into();
        }
    }
    for (_, namespace) in document["metadata"].as_object_mut().into_iter().flatten() {
        redact_keys(namespace);
    }
    let url = &mut document["http"]["request"]["url"];
    match url.as_str() {
        Some(text) => {
            if let Some((before, _)) = text.split_once('?') {
                *url = format!("{before}?redacted").into();
            }
        }
        None => *url = "redacted".into(),
    }
    if let Some(inner) = document.get_mut("subsegments") {
        redact(&mut inner[0]);
    }
}

fn redact_keys(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(redact_keys),
        Value::Object(entries) => {
            for (key, value) in entries {
                if key == "secret" {
                    *value = "redacted".into();
                } else {
                    redact_keys(value);
                }
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn nothing_else_changes(document in any_document(), pretty: bool) {
        let text = if pretty { format!("{document:#}") } else { document.to_string() };
        let redacted = rules("annotations:secret;metadata:secret;query").apply(&text);
        let redacted: Value = serde_json::from_str(redacted.as_deref().unwrap_or(&text)).unwrap();
        let mut expected = document;
        redact(&mut expected);
        prop_assert_eq!(redacted, expected);
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = rules("annotations:a;metadata:a;query").apply(&text);
    }
}
