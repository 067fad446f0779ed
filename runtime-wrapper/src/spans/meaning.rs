//! What fields mean: the names that OpenTelemetry's conventions gave to HTTP and database calls, old and new, and what is left.

use serde_json::Value;
use tracing::Metadata;
use xray_segment::document::{
    AnnotationValue, HttpRequest, HttpResponse, Namespace, StackFrame, Text,
};
use xray_segment::name::{cut, legal_name};
use xray_segment::{Document, limits};

use super::fields::{Fields, text};
use crate::Context;
use crate::cause::Failure;
use crate::sql::{Quotes, without_values};

/// What is said once all fields of a call are known.
#[derive(Default)]
struct Said {
    failed: bool,
    remote: bool,
    named: bool,
}

/// Adds the fields of a span to its subsegment.
pub(super) fn tell(context: &Context, fields: Fields, prefix: &str) {
    let Some((recording, entry)) = context.recording() else {
        return;
    };
    let Fields {
        mut values,
        failure,
    } = fields;
    // Which database it is says how its queries are read.
    values.sort_by_key(|(name, _)| !name.starts_with("db.system"));
    let callee = callee(&values);
    let mut said = Said::default();
    recording.edit(entry, |document, _| {
        for (name, value) in values {
            put(document, name, value, prefix, &mut said);
        }
        document.fault |= said.failed && !document.error;
        if said.remote {
            document.namespace = Some(Namespace::Remote);
            if let Some(callee) = callee.filter(|_| !said.named) {
                let span = std::mem::replace(&mut document.name, callee);
                document.add_metadata("default", "span", span);
            }
        }
    });
    if said.remote {
        recording.tell_open(entry);
    }
    if let Some(failure) = failure {
        context.fail_with(failure);
    }
}

/// Makes a fault of an error event: its error, with sources, beneath its message; its other fields are metadata in the namespace `error`.
pub(super) fn tell_error(context: &Context, mut fields: Fields, event: &Metadata<'_>) {
    let said = [fields.take("message"), fields.take("error")];
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

fn put(document: &mut Document<'static>, name: &str, value: Value, prefix: &str, said: &mut Said) {
    let known = otel(document, name, &value, said)
        || http(document, name, &value)
        || sql(document, name, &value, said);
    if known {
        return;
    }
    match name.strip_prefix(prefix) {
        Some(key) => document
            .annotations
            .insert(key.to_owned(), annotation(value)),
        None => document.add_metadata("default", name, value),
    }
}

fn annotation(value: Value) -> AnnotationValue<'static> {
    match value {
        Value::Bool(flag) => AnnotationValue::Boolean(flag),
        Value::Number(number) => AnnotationValue::Number(number),
        value => AnnotationValue::Text(text(&value).into()),
    }
}

fn otel(document: &mut Document<'static>, name: &str, value: &Value, said: &mut Said) -> bool {
    let value = text(value);
    match name {
        "otel.name" | "peer.service" => {
            if !value.is_empty() {
                said.named = true;
                document.name = legal_name(&value).into_owned().into();
            }
        }
        "otel.kind" => {
            let kind = value.to_ascii_lowercase();
            said.remote |= matches!(kind.as_str(), "client" | "producer");
        }
        "otel.status_code" => said.failed |= value.eq_ignore_ascii_case("error"),
        _ => return false,
    }
    true
}

fn http(document: &mut Document<'static>, name: &str, value: &Value) -> bool {
    match name {
        "http.response.status_code" | "http.status_code" => {
            if let Ok(status) = text(value).parse() {
                document.flag_status(status);
                response(document).status = Some(status);
            }
        }
        "http.response.body.size" | "http.response_content_length" => {
            if let Ok(length) = text(value).parse() {
                response(document).content_length = Some(length);
            }
        }
        name => return http_request(document, name, value),
    }
    true
}

type TextField = for<'r> fn(&'r mut HttpRequest<'static>) -> &'r mut Option<Text<'static>>;

fn http_request(document: &mut Document<'static>, name: &str, value: &Value) -> bool {
    let field: TextField = match name {
        "http.request.method" | "http.method" => |request| &mut request.method,
        "url.full" | "http.url" => |request| &mut request.url,
        "user_agent.original" | "http.user_agent" => |request| &mut request.user_agent,
        "client.address" | "http.client_ip" => |request| &mut request.client_ip,
        _ => return false,
    };
    let mut value = text(value);
    if name.contains("url") {
        value = public_url(&value);
    }
    let http = document.http.get_or_insert_default();
    *field(http.request.get_or_insert_default()) =
        Some(cut(&value, limits::TEXT_CHARS).to_owned().into());
    true
}

fn response<'d>(document: &'d mut Document<'static>) -> &'d mut HttpResponse {
    let http = document.http.get_or_insert_default();
    http.response.get_or_insert_default()
}

fn sql(document: &mut Document<'static>, name: &str, value: &Value, said: &mut Said) -> bool {
    let short = |value| Some(cut(&text(value), limits::TEXT_CHARS).to_owned().into());
    match name {
        "db.system.name" | "db.system" => {
            said.remote = true;
            document.sql.get_or_insert_default().database_type = short(value);
        }
        "db.query.text" | "db.statement" => {
            let sql = document.sql.get_or_insert_default();
            let quotes = Quotes::of(sql.database_type.as_deref());
            sql.sanitized_query = Some(without_values(&text(value), quotes).into());
        }
        "db.user" => document.sql.get_or_insert_default().user = short(value),
        "db.connection_string" => {}
        _ => return false,
    }
    true
}

/// Whom a call is to, as X-Ray names the node it draws for it: a database `orders@db.example.com`, anything else by its host.
fn callee(values: &[(&str, Value)]) -> Option<Text<'static>> {
    let find = |names: [&str; 2]| {
        let found = values.iter().find(|(name, _)| names.contains(name));
        found.map(|(_, value)| text(value))
    };
    let address = find(["server.address", "net.peer.name"]);
    let host = address.or_else(|| host(&find(["url.full", "http.url"])?))?;
    let callee = match find(["db.namespace", "db.name"]) {
        Some(database) => format!("{database}@{host}"),
        None => host,
    };
    (!callee.is_empty()).then(|| legal_name(&callee).into_owned().into())
}

fn host(url: &str) -> Option<String> {
    let url = public_url(url);
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let port = authority.rfind(':').filter(|_| !authority.ends_with(']'));
    Some(authority.get(..port.unwrap_or(authority.len()))?.to_owned())
}

/// An address without what may be secret in it: credentials, query, fragment.
fn public_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}
