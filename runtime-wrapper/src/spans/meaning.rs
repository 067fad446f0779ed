//! What fields mean: the names that OpenTelemetry's conventions gave to calls over HTTP, of databases and of other services, and what is left.

use serde_json::Value;
use tracing::Metadata;
use xray_segment::document::{AnnotationValue, Namespace, StackFrame, Text};
use xray_segment::name::{cut, legal_name};
use xray_segment::{Document, EntityId, limits};

use super::fields::{Fields, text};
use super::{address, callee, http, rpc};
use crate::Context;
use crate::cause::Failure;
use crate::sql::{Quotes, without_values};

/// What went wrong, in a field.
const MESSAGES: [&str; 4] = [
    "error.message",
    "exception.message",
    "otel.status_description",
    "otel.status_message",
];

/// What an error prints for programmers, which may have an address in it.
const DETAILS: [&str; 3] = [
    "error.cause_chain",
    "exception.details",
    "exception.stacktrace",
];

/// What may be a credential, or a value of a query.
const SECRETS: [&str; 6] = [
    "db.connection_string",
    "http.request.header.authorization",
    "http.request.header.cookie",
    "http.request.header.proxy-authorization",
    "http.response.header.set-cookie",
    "url.query",
];
const SECRET_PREFIXES: [&str; 2] = ["db.query.parameter.", "db.operation.parameter."];

/// What is known of a span by what has been said of it: fields come one by one, in any order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    /// It is a call to another.
    namespace: Option<Namespace>,
    /// It has the name of whom it calls.
    named: bool,
    /// It failed; its status may come later, and say that this was the caller's mistake.
    failed: bool,
    /// The fault is our own conclusion, which may be taken back.
    concluded: bool,
}

/// What several fields say together.
#[derive(Default)]
struct Together {
    /// Whose the callee is, where that is new.
    namespace: Option<Namespace>,
    callee: Option<Text<'static>>,
    operation: Option<String>,
    url: Option<String>,
    trouble: Option<Failure>,
}

impl Together {
    fn read(fields: &mut Fields, said: &mut Said) -> Self {
        // Which database it is says how its queries are read.
        fields
            .values
            .sort_by_key(|(name, _)| !name.starts_with("db.system"));
        let namespace = namespace(fields).filter(|_| said.namespace.is_none());
        said.namespace = said.namespace.or(namespace);
        let unnamed = said.namespace.is_some() && !said.named;
        let callee = unnamed.then(|| callee::name(fields)).flatten();
        let trouble = trouble(fields);
        said.failed |= trouble.is_some();
        Self {
            namespace,
            callee,
            operation: aws_operation(fields, *said),
            url: address::url(fields),
            trouble,
        }
    }

    /// Whether it makes a call to another of what was none, or names it.
    fn tells_of_a_call(&self) -> bool {
        self.namespace.is_some() || self.callee.is_some()
    }

    /// Adds it to what the fields say one by one.
    fn put(
        self,
        document: &mut Document<'static>,
        said: &mut Said,
        next_id: &mut dyn FnMut() -> EntityId,
    ) {
        if let Some(url) = self.url {
            http::put_url(document, &url);
        }
        if let Some(operation) = self.operation {
            document.aws.get_or_insert_default().operation = Some(operation.into());
        }
        if let Some(failure) = self.trouble {
            let cause = &mut document.cause;
            cause.get_or_insert_with(|| failure.into_cause(next_id));
        }
        document.namespace = document.namespace.or(self.namespace);
        if let Some(callee) = self.callee {
            rename(document, callee);
            said.named = true;
        }
    }
}

/// Adds the fields of a span to its subsegment.
pub(super) fn tell(context: &Context, mut fields: Fields, prefix: &str, said: &mut Said) {
    let Some((recording, entry)) = context.recording() else {
        return;
    };
    // Most spans have nothing but fields of the user's.
    let together = if fields.are_conventional(prefix) {
        Together::read(&mut fields, said)
    } else {
        Together::default()
    };
    let call = together.tells_of_a_call();
    recording.edit(entry, |document, next_id| {
        for (name, value) in fields.values {
            put(document, name, value, prefix, said);
        }
        together.put(document, said, next_id);
        flag(document, said);
    });
    if call {
        recording.tell_open(entry);
    }
    if let Some(failure) = fields.failure {
        context.fail_with(failure);
    }
}

/// Makes a fault of an error event: its error, with sources, beneath its message; its other fields are metadata in the namespace `error`.
pub(super) fn tell_error(context: &Context, mut fields: Fields, event: &Metadata<'_>) {
    let said = ["message", "error", "classification"].map(|name| fields.take(name));
    let said = said
        .iter()
        .flatten()
        .map(text)
        .collect::<Vec<_>>()
        .join(": ");
    let place = event.file().map(|file| StackFrame {
        path: Some(file.to_owned().into()),
        line: event.line(),
        label: Some(event.target().to_owned().into()),
    });
    context.fail_with(Failure::of_event(said, place, fields.failure.take()));
    for (name, value) in fields.values {
        context.metadata_in("error", name, value);
    }
}

/// Whose the callee is, where this is a call to another.
fn namespace(fields: &Fields) -> Option<Namespace> {
    if callee::aws_service(fields).is_some() {
        return Some(Namespace::Aws);
    }
    let kind = fields.find(&["otel.kind"]).unwrap_or_default();
    let client = kind.eq_ignore_ascii_case("client") || kind.eq_ignore_ascii_case("producer");
    let named = fields.find(&["peer.service", "db.system.name", "db.system"]);
    (client || named.is_some()).then_some(Namespace::Remote)
}

/// The operation of a call of AWS, whose fields have then been said.
fn aws_operation(fields: &mut Fields, said: Said) -> Option<String> {
    if said.namespace != Some(Namespace::Aws) {
        return None;
    }
    let operation = fields.take("rpc.method").as_ref().map(text);
    fields
        .values
        .retain(|(name, _)| !matches!(*name, "rpc.service" | "rpc.system"));
    operation
}

fn trouble(fields: &Fields) -> Option<Failure> {
    let message = address::public_text(&fields.find(&MESSAGES)?);
    let kind = fields.find(&["exception.type", "error.type"]);
    Some(Failure::one(kind.as_deref().unwrap_or("Error"), message))
}

/// What the span is called stays known where the map's node is called otherwise.
fn rename(document: &mut Document<'static>, callee: Text<'static>) {
    if document.name != callee {
        let span = std::mem::replace(&mut document.name, callee);
        document.add_metadata("default", "span", span);
    }
}

/// A failure is a fault, unless a status says that it is the caller's.
fn flag(document: &mut Document<'static>, said: &mut Said) {
    if document.error {
        document.fault &= !said.concluded;
        said.concluded = false;
    } else if said.failed && !document.fault {
        document.fault = true;
        said.concluded = true;
    }
}

fn put(document: &mut Document<'static>, name: &str, value: Value, prefix: &str, said: &mut Said) {
    let known = is_secret(name)
        || MESSAGES.contains(&name)
        || otel(document, name, &value, said)
        || http::put(document, name, &value)
        || sql(document, name, &value);
    if known {
        return;
    }
    match name.strip_prefix(prefix) {
        Some(key) => document
            .annotations
            .insert(key.to_owned(), annotation(value)),
        None if DETAILS.contains(&name) => {
            document.add_metadata("default", name, address::public_text(&text(&value)));
        }
        None => document.add_metadata("default", name, value),
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
        || SECRET_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

fn annotation(value: Value) -> AnnotationValue<'static> {
    match value {
        Value::Bool(flag) => AnnotationValue::Boolean(flag),
        Value::Number(number) => AnnotationValue::Number(number),
        value => AnnotationValue::Text(text(&value).into()),
    }
}

fn otel(document: &mut Document<'static>, name: &str, value: &Value, said: &mut Said) -> bool {
    match name {
        "otel.name" => {
            let value = text(value);
            if said.named {
                document.add_metadata("default", "span", value);
            } else if !value.is_empty() {
                document.name = legal_name(&value).into_owned().into();
            }
        }
        // Read before, in what they say together.
        "otel.kind" | "peer.service" => {}
        "otel.status_code" => said.failed |= text(value).eq_ignore_ascii_case("error"),
        "rpc.grpc.status_code" | "rpc.response.status_code" => {
            rpc::flag(document, value);
            return false;
        }
        "error.type" => {
            said.failed = true;
            return false;
        }
        _ => return false,
    }
    true
}

fn sql(document: &mut Document<'static>, name: &str, value: &Value) -> bool {
    let short = |value| Some(cut(&text(value), limits::TEXT_CHARS).to_owned().into());
    match name {
        "db.system.name" | "db.system" => {
            document.sql.get_or_insert_default().database_type = short(value);
        }
        "db.query.text" | "db.statement" => {
            let sql = document.sql.get_or_insert_default();
            let quotes = Quotes::of(sql.database_type.as_deref());
            sql.sanitized_query = Some(without_values(&text(value), quotes).into());
        }
        "db.user" => document.sql.get_or_insert_default().user = short(value),
        _ => return false,
    }
    true
}
