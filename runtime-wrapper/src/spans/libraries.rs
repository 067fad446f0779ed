//! What libraries call things in their spans and events, where that is nobody's convention but their own.

use tracing::{Event, Metadata};

use super::fields::Fields;

/// Spans about the insides of a library, which tell nothing of a request that its own span does not; some stay open for as long as a connection.
/// The runtime's own span around a handler says what the function subsegment says already.
const INSIDES: [&str; 8] = [
    "aws_config",
    "aws_runtime",
    "aws_smithy_",
    "h2::",
    "hyper::",
    "hyper_util::",
    "lambda_runtime::",
    "tokio::",
];

/// What the `TraceLayer` of `tower-http` emits: `tower_http::trace::make_span`, `::on_response`, `::on_failure`.
const TOWER_HTTP: &str = "tower_http::trace::";

/// Below it a status is one of gRPC.
const HTTP: i64 = 100;

/// Whether a span is nobody's but its library's.
pub(super) fn is_inside(span: &Metadata<'_>) -> bool {
    let target = span.target();
    INSIDES.iter().any(|inside| target.starts_with(inside))
}

/// Whether an event says how a request of its span was answered.
pub(super) fn is_answer(event: &Metadata<'_>) -> bool {
    let on = event.target().strip_prefix(TOWER_HTTP);
    on.is_some_and(|on| on == "on_response" || on == "on_eos")
}

/// Gives a library's own fields the names that conventions have for them. Headers are left out: any may be a credential.
pub(super) fn translate(fields: &mut Fields, of: &Metadata<'_>) {
    if !of.target().starts_with(TOWER_HTTP) {
        return;
    }
    fields
        .values
        .retain(|(name, _)| !matches!(*name, "headers" | "response_headers"));
    for (name, value) in &mut fields.values {
        *name = match *name {
            "method" => "http.request.method",
            "uri" => "url.full",
            "version" => "network.protocol.version",
            "status" if value.as_i64().is_some_and(|status| status < HTTP) => {
                "rpc.grpc.status_code"
            }
            "status" => "http.response.status_code",
            name => name,
        };
    }
}

/// What an answer's event adds to its span: the status, and nothing that the subsegment says itself.
pub(super) fn answer(event: &Event<'_>) -> Fields {
    let mut fields = Fields::of(|visit| event.record(visit));
    translate(&mut fields, event.metadata());
    fields
        .values
        .retain(|(name, _)| name.ends_with(".status_code"));
    fields
}
