//! What must not leave this machine: values of annotations and metadata by their keys, and the queries of URLs.
//!
//! A document is not parsed and written again, which would lose the order of keys and digits of numbers: the places to replace are found, and
//! everything between them stays as it came, byte for byte. Without rules nothing here is called.

mod rules;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use rules::Rules;

/// What stands where something stood.
const REDACTED: &str = "\"redacted\"";

/// Deeper than this nothing is looked at: it is replaced as a whole. Looking at each level anew would take the square of the depth.
const DEEPEST: usize = 32;

impl Rules {
    /// The document without what the rules name; none when nothing had to be replaced.
    ///
    /// A text that is not JSON stays as it is, for nobody takes it.
    pub fn apply(&self, document: &str) -> Option<String> {
        let mut places = Places::default();
        let whole: &RawValue = serde_json::from_str(document).ok()?;
        self.find(whole, 0, &mut places);
        places.replace(document)
    }

    /// In a segment or subsegment, or in an array of them.
    fn find<'a>(&self, document: &'a RawValue, depth: usize, places: &mut Places<'a>) {
        if depth == DEEPEST {
            // Not in a shape X-Ray takes, but nothing is told either.
            return places.redact(document);
        }
        for element in elements(document) {
            self.find(element, depth + 1, places);
        }
        for (key, value) in entries(document) {
            match key.as_ref() {
                "annotations" => self.find_annotations(value, places),
                "metadata" => {
                    for (_, namespace) in entries(value) {
                        self.find_metadata(namespace, 0, places);
                    }
                }
                "http" if self.query => find_query(value, places),
                "subsegments" => self.find(value, depth + 1, places),
                _ => {}
            }
        }
    }

    fn find_annotations<'a>(&self, annotations: &'a RawValue, places: &mut Places<'a>) {
        for (key, value) in entries(annotations) {
            if self.names_annotation(&key) {
                places.redact(value);
            }
        }
    }

    fn find_metadata<'a>(&self, value: &'a RawValue, depth: usize, places: &mut Places<'a>) {
        if !self.names_any_metadata() {
            return;
        }
        if depth == DEEPEST {
            return places.redact(value);
        }
        for element in elements(value) {
            self.find_metadata(element, depth + 1, places);
        }
        for (key, value) in entries(value) {
            if self.names_metadata(&key) {
                places.redact(value);
            } else {
                self.find_metadata(value, depth + 1, places);
            }
        }
    }
}

/// In `http.request.url`: the query stays as a word.
fn find_query<'a>(http: &'a RawValue, places: &mut Places<'a>) {
    let requests = entries(http);
    let requests = requests.iter().filter(|(key, _)| key == "request");
    for (key, value) in requests.flat_map(|(_, request)| entries(request)) {
        if key != "url" {
            continue;
        }
        match serde_json::from_str::<Cow<'_, str>>(value.get()) {
            Ok(url) => {
                if let Some((before, _)) = url.split_once('?') {
                    let without = format!("{before}?redacted");
                    places.put(value, serde_json::Value::from(without).to_string());
                }
            }
            Err(_) => places.redact(value),
        }
    }
}

/// What is to be replaced, in the order of the document.
#[derive(Default)]
struct Places<'a>(Vec<(&'a RawValue, Cow<'static, str>)>);

impl<'a> Places<'a> {
    fn redact(&mut self, value: &'a RawValue) {
        self.0.push((value, REDACTED.into()));
    }

    fn put(&mut self, value: &'a RawValue, replacement: String) {
        self.0.push((value, replacement.into()));
    }

    fn replace(self, document: &str) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(document.len());
        let mut done = 0;
        for (value, replacement) in self.0 {
            let place = place(document, value);
            out.push_str(document.get(done..place.start)?);
            out.push_str(&replacement);
            done = place.end;
        }
        out.push_str(document.get(done..)?);
        Some(out)
    }
}

/// A value is borrowed from the document it stands in.
fn place(document: &str, value: &RawValue) -> Range<usize> {
    let start = (value.get().as_ptr() as usize).saturating_sub(document.as_ptr() as usize);
    start..start + value.get().len()
}

/// An object's keys and values, also those that are there twice; nothing of anything else.
fn entries(value: &RawValue) -> Vec<(Cow<'_, str>, &RawValue)> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some((Key(key), value)) = map.next_entry()? {
                entries.push((key, value));
            }
            Ok(entries)
        }
    }
    if !value.get().starts_with('{') {
        return Vec::new();
    }
    let mut reader = serde_json::Deserializer::from_str(value.get());
    reader.deserialize_map(Entries).unwrap_or_default()
}

/// Borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

fn elements(value: &RawValue) -> Vec<&RawValue> {
    if !value.get().starts_with('[') {
        return Vec::new();
    }
    serde_json::from_str(value.get()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
