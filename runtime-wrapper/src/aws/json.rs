//! Takes a few members out of a JSON object without building the rest of it: a response may be a megabyte of items of which one number counts.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::row::{Parameter, Place, Take};

/// What has more is not read: it would be felt.
const BODY_LIMIT: usize = 1024 * 1024;

/// The wanted members that are there, in the order they stand in; those before the first wrong byte where it is no JSON.
pub(super) fn pick<'p>(body: &[u8], wanted: &'p [Parameter]) -> Vec<(&'p Parameter, Value)> {
    let mut found = Vec::new();
    let members = wanted.iter().any(|one| matches!(one.place, Place::Json(_)));
    if members && body.len() <= BODY_LIMIT {
        let mut json = serde_json::Deserializer::from_slice(body);
        let picking = Picking {
            wanted,
            found: &mut found,
        };
        // What is wrong is told by the SDK, to the caller.
        let _ = json.deserialize_map(picking);
    }
    found
}

struct Picking<'p, 'f> {
    wanted: &'p [Parameter],
    found: &'f mut Vec<(&'p Parameter, Value)>,
}

impl<'de> Visitor<'de> for Picking<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(member) = map.next_key::<String>()? {
            let is_wanted =
                |one: &&Parameter| matches!(one.place, Place::Json(name) if name == member);
            let Some(wanted) = self.wanted.iter().find(is_wanted) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if let Some(value) = map.next_value_seed(wanted.take)? {
                self.found.push((wanted, value));
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Take {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<Value>, D::Error> {
        match self {
            Self::Value => Option::deserialize(json),
            Self::Keys | Self::Count => json.deserialize_any(Outline(self)),
        }
    }
}

/// The keys of an object, or how many an object or array has; nothing of all else.
struct Outline(Take);

impl<'de> Visitor<'de> for Outline {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Value>, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry::<String, _>()? {
            keys.push(Value::from(key));
        }
        Ok(Some(match self.0 {
            Take::Count => Value::from(keys.len()),
            Take::Keys | Take::Value => Value::Array(keys),
        }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Option<Value>, A::Error> {
        let mut count = 0_usize;
        while let Some(IgnoredAny) = sequence.next_element()? {
            count += 1;
        }
        Ok((self.0 == Take::Count).then(|| count.into()))
    }

    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Option<Value>, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const WANTED: &[Parameter] = &[
        Parameter::json("a"),
        Parameter::json("b").keys(),
        Parameter::json("c").count(),
    ];

    fn picked(body: &[u8]) -> Vec<Value> {
        let found = pick(body, WANTED).into_iter();
        found.map(|(_, value)| value).collect()
    }

    #[test]
    fn values_keys_and_counts_are_taken_and_all_else_left() {
        let body = br#"{"x": [{"a": 1}], "a": 0, "b": {"k": [1], "l": 2}, "c": ["y", {}, 3]}"#;
        assert_eq!(picked(body), [json!(0), json!(["k", "l"]), json!(3)]);
        assert_eq!(
            picked(br#"{"a": null, "b": null, "c": null}"#),
            [] as [Value; 0]
        );
        assert_eq!(
            picked(br#"{"a": false, "b": 1.5, "c": "text"}"#),
            [json!(false)]
        );
        assert_eq!(picked(br#"{"b": [1], "c": {"k": 1}}"#), [json!(1)]);
    }

    #[test]
    fn what_is_no_json_gives_what_stood_before() {
        assert_eq!(picked(br#"{"a": 1, "c": [}"#), [json!(1)]);
        for hostile in [&b""[..], b"[]", b"\xff\xfe", b"{\"a", b"<Error/>", b"null"] {
            assert_eq!(picked(hostile), [] as [Value; 0]);
        }
        let deep = format!("{{\"x\": {}", "[".repeat(100_000));
        assert_eq!(picked(deep.as_bytes()), [] as [Value; 0]);
    }

    #[test]
    fn what_is_too_large_is_left() {
        let large = format!("{{\"a\": 1, \"x\": \"{}\"}}", "x".repeat(BODY_LIMIT));
        assert_eq!(picked(large.as_bytes()), [] as [Value; 0]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>, cut in 0..64_usize) {
            let _ = picked(&bytes);
            let body = br#"{"x": [{"a": 1}], "a": 0, "b": {"k": [1]}, "c": ["y", {}, 3]}"#;
            let _ = picked(&[body.get(..cut).unwrap_or(body), &bytes].concat());
        }
    }
}
