//! Where the kinds of event say what a request was (Lambda Developer Guide: "Using Lambda with API Gateway", "with an Application Load Balancer",
//! "function URLs"; API Gateway Developer Guide: "WebSocket APIs").
//!
//! What the service says of the connection itself goes before what a header claims; only the client's address is asked of `X-Forwarded-For` first, since a
//! proxy stands between, and says so.

use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use super::Client;

/// An event of one of the kinds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event<'e> {
    all: &'e Value,
    context: &'e Value,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// REST APIs, and HTTP APIs with payload format 1.0.
    Gateway1,
    /// HTTP APIs with payload format 2.0, and function URLs.
    Gateway2,
    LoadBalancer,
    /// A connection that is made or closed, or a message on it.
    WebSocket,
}

impl<'e> Event<'e> {
    pub(super) fn of(all: &'e Value) -> Option<Self> {
        let context = all.get("requestContext")?;
        let kind = if context.get("http").is_some() {
            Kind::Gateway2
        } else if context.get("elb").is_some() {
            Kind::LoadBalancer
        } else if context.get("connectionId").is_some() && all.get("httpMethod").is_none() {
            Kind::WebSocket
        } else {
            Kind::Gateway1
        };
        Some(Self { all, context, kind })
    }

    /// Of a WebSocket what happened: `CONNECT`, `MESSAGE`, `DISCONNECT`.
    pub(super) fn method(self) -> Option<&'e str> {
        match self.kind {
            Kind::WebSocket => text(self.context, &["eventType"]),
            Kind::Gateway2 => text(self.context, &["http", "method"]),
            Kind::Gateway1 | Kind::LoadBalancer => text(self.all, &["httpMethod"]),
        }
    }

    /// The path as it was asked, which has the stage in it; of a WebSocket the route's key, which is no path but tells as much.
    pub(super) fn path(self) -> Option<&'e str> {
        let path = match self.kind {
            Kind::WebSocket => text(self.context, &["routeKey"]),
            Kind::Gateway2 => {
                text(self.all, &["rawPath"]).or_else(|| text(self.context, &["http", "path"]))
            }
            Kind::Gateway1 => text(self.context, &["path"]).or_else(|| text(self.all, &["path"])),
            Kind::LoadBalancer => text(self.all, &["path"]),
        };
        path?.split(['?', '#']).next()
    }

    /// Load balancers also listen without TLS; the others never do.
    pub(super) fn scheme(self) -> &'static str {
        match self.header("x-forwarded-proto") {
            _ if self.kind == Kind::WebSocket => "wss",
            Some("http") => "http",
            None if self.kind == Kind::LoadBalancer => "http",
            _ => "https",
        }
    }

    pub(super) fn host(self) -> Option<&'e str> {
        let said = text(self.context, &["domainName"]);
        let host = said.or_else(|| self.header("host"))?;
        // A header may claim anything: what would be read as a login or as a path is no host.
        let is_host = !host.is_empty() && !host.contains(['@', '/', '?', '#', ' ']);
        is_host.then_some(host)
    }

    pub(super) fn user_agent(self) -> Option<&'e str> {
        let said = match self.kind {
            Kind::Gateway2 => text(self.context, &["http", "userAgent"]),
            Kind::Gateway1 | Kind::WebSocket => text(self.context, &["identity", "userAgent"]),
            Kind::LoadBalancer => None,
        };
        said.or_else(|| self.header("user-agent"))
    }

    pub(super) fn client(self) -> Option<Client> {
        let first = self.header("x-forwarded-for");
        let first = first.and_then(|all| address(all.split(',').next()?));
        let forwarded = first.map(|ip| Client {
            ip,
            forwarded: true,
        });
        forwarded.or_else(|| {
            Some(Client {
                ip: address(self.source()?)?,
                forwarded: false,
            })
        })
    }

    fn source(self) -> Option<&'e str> {
        match self.kind {
            Kind::Gateway2 => text(self.context, &["http", "sourceIp"]),
            Kind::Gateway1 | Kind::WebSocket => text(self.context, &["identity", "sourceIp"]),
            Kind::LoadBalancer => None,
        }
    }

    /// A header by its name in lower case; REST APIs hand names on as the client wrote them, load balancers may give lists alone.
    fn header(self, name: &str) -> Option<&'e str> {
        let single = find(self.all.get("headers"), name).and_then(Value::as_str);
        single.or_else(|| {
            let list = find(self.all.get("multiValueHeaders"), name)?;
            list.as_array()?.first()?.as_str()
        })
    }
}

fn find<'e>(headers: Option<&'e Value>, name: &str) -> Option<&'e Value> {
    let mut headers = headers?.as_object()?.iter();
    let (_, value) = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(value)
}

fn text<'e>(value: &'e Value, path: &[&str]) -> Option<&'e str> {
    let found = path.iter().try_fold(value, |value, key| value.get(key))?;
    found.as_str()
}

/// An address, with a port where the load balancer was told to keep it.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse().map(|socket: SocketAddr| socket.ip());
    text.parse().or_else(|_| with_port()).ok()
}
