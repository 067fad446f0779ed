//! Annotations: what X-Ray indexes and filter expressions search by.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

use super::Text;
use crate::limits;
use crate::name::{cut, legal_annotation_key};

/// The annotations of a document, in the order they were set.
///
/// ```
/// use xray_segment::document::Annotations;
///
/// let mut annotations = Annotations::default();
/// annotations.insert("ColdStart", true);
/// annotations.insert("order.id", 42);
/// assert_eq!(serde_json::to_string(&annotations).unwrap(), r#"{"ColdStart":true,"order_id":42}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations<'a>(Vec<(Text<'a>, AnnotationValue<'a>)>);

impl<'a> Annotations<'a> {
    /// Sets an annotation: the key made legal, a text cut to 1,000 characters; an earlier value of the key is replaced.
    pub fn insert(&mut self, key: impl Into<Text<'a>>, value: impl Into<AnnotationValue<'a>>) {
        let key = match key.into() {
            Cow::Borrowed(key) => legal_annotation_key(key),
            Cow::Owned(key) => Cow::Owned(legal_annotation_key(&key).into_owned()),
        };
        let value = value.into().cut();
        match self.0.iter_mut().find(|(present, _)| *present == key) {
            Some((_, present)) => *present = value,
            None => self.0.push((key, value)),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&AnnotationValue<'a>> {
        self.iter()
            .find(|(present, _)| *present == key)
            .map(|(_, value)| value)
    }

    /// Keys and values, in the order they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &AnnotationValue<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the last one away, as a document that is too large has to.
    pub(crate) fn pop(&mut self) -> Option<(Text<'a>, AnnotationValue<'a>)> {
        self.0.pop()
    }
}

/// An annotation's value: text, number or boolean, and nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AnnotationValue<'a> {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number or a fraction.
    Number(Number),
    /// A text of at most 1,000 characters.
    Text(Text<'a>),
}

impl AnnotationValue<'_> {
    fn cut(self) -> Self {
        match self {
            Self::Text(text) if text.len() > limits::ANNOTATION_VALUE_CHARS => Self::Text(
                Cow::Owned(cut(&text, limits::ANNOTATION_VALUE_CHARS).to_owned()),
            ),
            value => value,
        }
    }
}

macro_rules! from_numbers {
    ($($number:ty),+) => {$(
        impl From<$number> for AnnotationValue<'_> {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        }
    )+};
}

from_numbers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

impl From<f64> for AnnotationValue<'_> {
    /// What JSON has no number for (NaN, infinity) becomes a text.
    fn from(number: f64) -> Self {
        Number::from_f64(number).map_or_else(|| Self::Text(number.to_string().into()), Self::Number)
    }
}

impl From<bool> for AnnotationValue<'_> {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl<'a> From<&'a str> for AnnotationValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for AnnotationValue<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Text<'a>> for AnnotationValue<'a> {
    fn from(text: Text<'a>) -> Self {
        Self::Text(text)
    }
}

impl Serialize for Annotations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Annotations<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs).map(Self)
    }
}

type Owned = (Text<'static>, AnnotationValue<'static>);

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<Owned>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("annotations: keys with a text, a number or a boolean")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Owned>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
