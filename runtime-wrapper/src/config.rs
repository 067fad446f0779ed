//! The wrapper's settings, read in one place from a lookup: the environment, or a test's own table.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};

/// Where the extension listens unless a variable says otherwise.
const DEFAULT_EXTENSION: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 2000);

/// What the environment tells the wrapper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// Where our extension listens, if there is one.
    pub(crate) extension: SocketAddr,
    /// Lambda's own daemon, or the user's.
    pub(crate) daemon: Option<SocketAddr>,
    /// Several invocations at once, so no variable of the process can tell the trace header.
    pub(crate) concurrent: bool,
}

impl Config {
    pub(crate) fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let extension = lookup("XRAY_EXTENSION_ADDRESS").map_or(DEFAULT_EXTENSION, |text| {
            resolve(text.trim()).unwrap_or_else(|| {
                say("XRAY_EXTENSION_ADDRESS", &text, "127.0.0.1:2000");
                DEFAULT_EXTENSION
            })
        });
        let daemon = lookup("AWS_XRAY_DAEMON_ADDRESS").and_then(|text| {
            let address = daemon_address(&text).and_then(resolve);
            if address.is_none() {
                say("AWS_XRAY_DAEMON_ADDRESS", &text, "none");
            }
            address
        });
        Self {
            extension,
            daemon: daemon.filter(|address| *address != extension),
            concurrent: lookup("AWS_LAMBDA_MAX_CONCURRENCY")
                .and_then(|limit| limit.trim().parse::<u32>().ok())
                .is_some_and(|limit| limit > 1),
        }
    }
}

/// The UDP address in `host:port`, or in `tcp:host:port udp:host:port` of either order.
fn daemon_address(text: &str) -> Option<&str> {
    let mut parts = text.split_whitespace();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(one), None, _) => Some(one.strip_prefix("udp:").unwrap_or(one)),
        (Some(one), Some(two), None) => one
            .strip_prefix("udp:")
            .or_else(|| two.strip_prefix("udp:")),
        _ => None,
    }
}

/// A number needs no look-up; a name, as in a compose file, does.
fn resolve(address: &str) -> Option<SocketAddr> {
    address
        .parse()
        .ok()
        .or_else(|| address.to_socket_addrs().ok()?.next())
}

fn say(variable: &str, value: &str, instead: &str) {
    // Where stderr is closed there is nobody to tell.
    let _ = writeln!(
        std::io::stderr(),
        "{{\"level\":\"warn\",\"message\":\"{variable} is no host:port; using {instead}\",\"value\":{}}}",
        serde_json::Value::from(value)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], extension: &str, daemon: Option<&str>, concurrent: bool) {
        let config = Config::from_lookup(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        let expected = Config {
            extension: extension.parse().unwrap(),
            daemon: daemon.map(|text| text.parse().unwrap()),
            concurrent,
        };
        assert_eq!(config, expected, "{variables:?}");
    }

    #[test]
    fn addresses_are_read_in_every_form_and_wrong_ones_left_out() {
        let daemon = "AWS_XRAY_DAEMON_ADDRESS";
        let extension = "XRAY_EXTENSION_ADDRESS";
        let usual = "127.0.0.1:2000";
        let lambda = Some("169.254.79.129:2000");
        check(&[], usual, None, false);
        check(&[(extension, "127.0.0.1:9")], "127.0.0.1:9", None, false);
        check(&[(extension, "nonsense")], usual, None, false);
        check(&[(daemon, "169.254.79.129:2000")], usual, lambda, false);
        for both in [
            "tcp:127.0.0.1:1 udp:169.254.79.129:2000",
            "udp:169.254.79.129:2000 tcp:127.0.0.1:1",
            " udp:169.254.79.129:2000",
        ] {
            check(&[(daemon, both)], usual, lambda, false);
        }
        check(
            &[(daemon, "tcp:127.0.0.1:1 127.0.0.1:2")],
            usual,
            None,
            false,
        );
        check(&[(daemon, usual)], usual, None, false);
    }

    #[test]
    fn one_invocation_at_a_time_is_not_concurrent() {
        let variable = "AWS_LAMBDA_MAX_CONCURRENCY";
        check(&[(variable, "1")], "127.0.0.1:2000", None, false);
        check(&[(variable, "10")], "127.0.0.1:2000", None, true);
        check(&[(variable, "x")], "127.0.0.1:2000", None, false);
    }
}
