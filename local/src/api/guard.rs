//! Who may speak with the port: nobody proves an identity here, so web pages of other origins must be kept out.
//!
//! A page could reach loopback in two ways. By DNS rebinding its own name points here: then `Host` is that name. By a
//! cross-origin request that needs no permission: then the browser adds its `Origin`. Both are refused; no CORS header is
//! ever sent. Programs send neither a foreign name nor an origin.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use tokio::sync::Semaphore;

use super::error::ApiError;
use crate::limits;

/// Names by which this service may be called, besides IP addresses and `localhost`.
#[derive(Debug)]
struct Hosts(Vec<String>);

impl Hosts {
    /// Whether a `Host` header names this service. An IP address cannot be rebound, so any may stand there.
    fn allow(&self, host: &str) -> bool {
        let name = without_port(host);
        let is_address = name.parse::<IpAddr>().is_ok()
            || name
                .strip_prefix('[')
                .and_then(|it| it.strip_suffix(']'))
                .is_some_and(|it| it.parse::<Ipv6Addr>().is_ok());
        let named = |known: &String| known.eq_ignore_ascii_case(name);
        is_address || name.eq_ignore_ascii_case("localhost") || self.0.iter().any(named)
    }

    fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let text = |name| headers.get(name).map(|it| it.to_str().unwrap_or_default());
        let host = text(header::HOST).unwrap_or_default();
        if !self.allow(host) {
            return Err(ApiError::Forbidden(format!(
                "Host {host:?} is not a name of this service; call it by its address, or start it with --host NAME"
            )));
        }
        match text(header::ORIGIN) {
            Some(origin) if origin.split_once("://").map(|(_, it)| it) != Some(host) => Err(
                ApiError::Forbidden("pages of other origins may not call this service".to_owned()),
            ),
            _ => Ok(()),
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    }
}

/// What stands before every route.
#[derive(Debug)]
pub(crate) struct Guard {
    hosts: Hosts,
    turns: Semaphore,
}

impl Guard {
    /// A guard who knows these names of the service.
    pub(crate) fn new(hosts: Vec<String>) -> Arc<Self> {
        Arc::new(Self {
            hosts: Hosts(hosts),
            turns: Semaphore::new(limits::REQUESTS),
        })
    }
}

/// Lets a request through when host and origin are right and a turn is free.
pub(crate) async fn check(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(error) = guard.hosts.check(request.headers()) {
        return error.into_response();
    }
    let _turn = guard.turns.acquire().await;
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_localhost_and_given_names_are_hosts() {
        let hosts = Hosts(vec!["xray".to_owned()]);
        for host in [
            "127.0.0.1:2080",
            "127.0.0.1",
            "localhost:1",
            "LOCALHOST",
            "[::1]:2080",
            "[::1]",
            "172.17.0.1:2080",
            "xray:2080",
        ] {
            assert!(hosts.allow(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example:2080",
            "127.0.0.1.evil.example",
            "[evil]:1",
        ] {
            assert!(!hosts.allow(host), "{host}");
        }
    }
}
