//! The fields of a call over HTTP: OpenTelemetry's names for them, old and new.

use serde_json::Value;
use xray_segment::document::{HttpRequest, HttpResponse, Text};
use xray_segment::name::cut;
use xray_segment::{Document, limits};

use super::fields::text;

/// Says the URL, unless one is said already: what comes later may be a piece of it.
pub(super) fn put_url(document: &mut Document<'static>, url: &str) {
    let request = request(document);
    if request.url.is_none() {
        request.url = Some(short(url));
    }
}

/// Puts a field where it belongs, if it is one of HTTP.
pub(super) fn put(document: &mut Document<'static>, name: &str, value: &Value) -> bool {
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
        // Said together, by `put_url`.
        "url.full" | "http.url" | "url.scheme" | "http.scheme" | "url.path" | "http.target" => {}
        name => return put_text(document, name, value),
    }
    true
}

type TextField = for<'r> fn(&'r mut HttpRequest<'static>) -> &'r mut Option<Text<'static>>;

fn put_text(document: &mut Document<'static>, name: &str, value: &Value) -> bool {
    let field: TextField = match name {
        "http.request.method" | "http.method" => |request| &mut request.method,
        "user_agent.original" | "http.user_agent" => |request| &mut request.user_agent,
        "client.address" | "http.client.address" | "http.client_ip" => {
            |request| &mut request.client_ip
        }
        _ => return false,
    };
    let value = text(value);
    // A library says an empty text of what it does not know.
    if !value.is_empty() {
        *field(request(document)) = Some(short(&value));
    }
    true
}

fn short(value: &str) -> Text<'static> {
    cut(value, limits::TEXT_CHARS).to_owned().into()
}

fn request<'d>(document: &'d mut Document<'static>) -> &'d mut HttpRequest<'static> {
    let http = document.http.get_or_insert_default();
    http.request.get_or_insert_default()
}

fn response<'d>(document: &'d mut Document<'static>) -> &'d mut HttpResponse {
    let http = document.http.get_or_insert_default();
    http.response.get_or_insert_default()
}
