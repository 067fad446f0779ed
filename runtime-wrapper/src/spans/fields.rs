//! The fields of a span or an event, taken out with their types.
//!
//! Taken out before anything is locked: a field may run code of the user's (`Debug`, `Display`, `source`).

use std::error::Error;
use std::fmt::Debug;

use serde_json::{Number, Value};
use tracing::field::{Field, Visit};

use crate::cause::Failure;

/// Fields, and the error among them.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) values: Vec<(&'static str, Value)>,
    pub(super) failure: Option<Failure>,
}

impl Fields {
    /// Whatever `record` shows of itself.
    pub(super) fn of(record: impl FnOnce(&mut dyn Visit)) -> Self {
        let mut fields = Self::default();
        record(&mut fields);
        fields
    }

    /// Takes a field's value away.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.values.iter().position(|(known, _)| *known == name)?;
        Some(self.values.remove(at).1)
    }

    /// Whether any may have a name that a convention gave it: one of several words, and no annotation.
    pub(super) fn are_conventional(&self, prefix: &str) -> bool {
        let names = self.values.iter().map(|(name, _)| name);
        let mut names = names.filter(|name| !name.starts_with(prefix) || prefix.is_empty());
        names.any(|name| name.contains('.'))
    }

    /// The text of the first field that has one of these names and is not empty.
    pub(super) fn find(&self, names: &[&str]) -> Option<String> {
        let of = |name: &&str| {
            let found = self.values.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| text(value))
        };
        names.iter().filter_map(of).find(|value| !value.is_empty())
    }

    fn push(&mut self, field: &Field, value: impl Into<Value>) {
        let name = field.name();
        self.values
            .push((name.strip_prefix("r#").unwrap_or(name), value.into()));
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, value);
    }

    /// What JSON has no number for (NaN, infinity) becomes a text.
    fn record_f64(&mut self, field: &Field, value: f64) {
        let number = Number::from_f64(value);
        let value = number.map_or_else(|| Value::from(value.to_string()), Value::Number);
        self.push(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, value);
    }

    fn record_error(&mut self, _: &Field, value: &(dyn Error + 'static)) {
        self.failure = Some(Failure::of_error(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.push(field, format!("{value:?}"));
    }
}

/// A value as text: a field is a number to one library and a text to another.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
