//! A request that is served: what its segment, or in Lambda the function subsegment, says of it and of its answer.

use std::net::IpAddr;

use ::http::header::USER_AGENT;
use ::http::request::Parts;
use ::http::{HeaderMap, Response};
use http_body::Body;
use xray_segment::document::HttpRequest;
use xray_segment::limits::TEXT_CHARS;
use xray_segment::name::cut;

use super::address::Address;
use super::call;
use crate::Context;

/// The request, with its client: who it was forwarded for, else the one that `peer` knows.
pub(super) fn described(
    request: &Parts,
    address: &Address,
    peer: impl FnOnce() -> Option<IpAddr>,
) -> HttpRequest<'static> {
    let text = |text: &str| Some(cut(text, TEXT_CHARS).to_owned().into());
    let agent = request.headers.get(USER_AGENT);
    let forwarded = forwarded_for(&request.headers);
    let client = forwarded.or_else(peer);
    HttpRequest {
        method: text(request.method.as_str()),
        url: text(&address.url),
        user_agent: agent.and_then(|agent| text(agent.to_str().ok()?)),
        client_ip: client.map(|client| client.to_string().into()),
        x_forwarded_for: forwarded.is_some(),
        traced: false,
    }
}

/// The first of those that a request passed: the client, or who it claims to be.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let all = headers.get("x-forwarded-for")?.to_str().ok()?;
    all.split(',').next()?.trim().parse().ok()
}

/// Says how it was answered.
pub(super) fn answered<R: Body>(context: &Context, response: &Response<R>) {
    // What is layered further out may set the header.
    let headers = response.headers();
    let length = call::length(headers).or_else(|| response.body().size_hint().exact());
    call::answered(context, response.status(), headers, length);
}
