//! The wrapper's settings, read in one place from a lookup: the environment, or a test's own table.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

/// Where the extension listens unless a variable says otherwise.
const DEFAULT_EXTENSION: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2000);

/// What the environment tells the wrapper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// Where our extension listens, if there is one.
    pub(crate) extension: SocketAddr,
    /// Lambda's own daemon, or the user's.
    pub(crate) daemon: Option<SocketAddr>,
    /// Several invocations at once, so no variable of the process can tell the trace header.
    pub(crate) concurrent: bool,
    /// Nothing is recorded; trace headers go on as they came.
    pub(crate) disabled: bool,
    /// Where sampling rules are asked for, over TCP.
    #[cfg(feature = "recorder")]
    pub(crate) sampling: SocketAddr,
    /// What all segments are named.
    #[cfg(feature = "recorder")]
    pub(crate) name: Option<String>,
}

impl Config {
    /// Reads the settings; of a wrong one `complain` is told in a sentence, and the default stands.
    pub(crate) fn from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
        mut complain: impl FnMut(String),
    ) -> Self {
        let mut address = |variable, parse: fn(&str) -> Option<SocketAddr>, instead| {
            let value = lookup(variable)?;
            let address = parse(value.trim());
            if address.is_none() {
                complain(format!(
                    "{variable} is \"{value}\", which is no host:port; using {instead}"
                ));
            }
            address
        };
        let extension = address("XRAY_EXTENSION_ADDRESS", resolve, "127.0.0.1:2000");
        let daemon = address("AWS_XRAY_DAEMON_ADDRESS", udp, "none");
        let extension = extension.unwrap_or(DEFAULT_EXTENSION);
        #[cfg(feature = "recorder")]
        let sampling = lookup("AWS_XRAY_DAEMON_ADDRESS").and_then(|text| tcp(&text));
        Self {
            extension,
            daemon: daemon.filter(|address| *address != extension),
            concurrent: lookup("AWS_LAMBDA_MAX_CONCURRENCY")
                .and_then(|limit| limit.trim().parse::<u32>().ok())
                .is_some_and(|limit| limit > 1),
            disabled: is(lookup("AWS_XRAY_SDK_DISABLED"), "true")
                || is(lookup("AWS_XRAY_SDK_ENABLED"), "false"),
            #[cfg(feature = "recorder")]
            sampling: sampling.unwrap_or(extension),
            #[cfg(feature = "recorder")]
            name: lookup("AWS_XRAY_TRACING_NAME").filter(|name| !name.trim().is_empty()),
        }
    }

    /// Where documents go outside of Lambda: to the daemon that was named, else to where one usually is.
    #[cfg(feature = "recorder")]
    pub(crate) fn receiver(&self) -> SocketAddr {
        self.daemon.unwrap_or(self.extension)
    }
}

fn is(value: Option<String>, word: &str) -> bool {
    value.is_some_and(|value| value.trim().eq_ignore_ascii_case(word))
}

/// The UDP address in `host:port`, or in `tcp:host:port udp:host:port` of either order.
fn udp(text: &str) -> Option<SocketAddr> {
    of_protocol(text, "udp:")
}

/// The TCP address in the same.
#[cfg(feature = "recorder")]
fn tcp(text: &str) -> Option<SocketAddr> {
    of_protocol(text, "tcp:")
}

fn of_protocol(text: &str, prefix: &str) -> Option<SocketAddr> {
    let mut parts = text.split_whitespace();
    let address = match (parts.next(), parts.next(), parts.next()) {
        (Some(one), None, _) => one.strip_prefix(prefix).unwrap_or(one),
        (Some(one), Some(two), None) => one
            .strip_prefix(prefix)
            .or_else(|| two.strip_prefix(prefix))?,
        _ => return None,
    };
    resolve(address)
}

/// A number needs no look-up; a name, as in a compose file, does.
fn resolve(address: &str) -> Option<SocketAddr> {
    address
        .parse()
        .ok()
        .or_else(|| address.to_socket_addrs().ok()?.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(variables: &[(&str, &str)]) -> (Config, Vec<String>) {
        let mut complaints = Vec::new();
        let lookup = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let config = Config::from_lookup(lookup, |complaint| complaints.push(complaint));
        (config, complaints)
    }

    #[track_caller]
    fn check(variables: &[(&str, &str)], extension: &str, daemon: Option<&str>, concurrent: bool) {
        let (config, _) = read(variables);
        let read = (config.extension, config.daemon, config.concurrent);
        let extension = extension.parse().unwrap();
        let daemon = daemon.map(|text| text.parse().unwrap());
        assert_eq!(read, (extension, daemon, concurrent), "{variables:?}");
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

    #[cfg(feature = "recorder")]
    #[test]
    fn outside_of_lambda_the_daemon_takes_documents_and_gives_rules() {
        for (address, receiver, sampling) in [
            ("10.0.0.1:3000", "10.0.0.1:3000", "10.0.0.1:3000"),
            ("tcp:10.0.0.1:1 udp:10.0.0.2:2", "10.0.0.2:2", "10.0.0.1:1"),
            ("", "127.0.0.1:2000", "127.0.0.1:2000"),
        ] {
            let (config, _) = read(&[("AWS_XRAY_DAEMON_ADDRESS", address)]);
            let places = (config.receiver(), config.sampling);
            let expected = (receiver.parse().unwrap(), sampling.parse().unwrap());
            assert_eq!(places, expected, "{address}");
        }
    }

    #[test]
    fn a_wrong_address_is_named() {
        let (_, complaints) = read(&[("XRAY_EXTENSION_ADDRESS", "2000")]);
        let said =
            "XRAY_EXTENSION_ADDRESS is \"2000\", which is no host:port; using 127.0.0.1:2000";
        assert_eq!(complaints, [said]);
        assert!(read(&[]).1.is_empty());
    }

    #[test]
    fn one_invocation_at_a_time_is_not_concurrent() {
        let variable = "AWS_LAMBDA_MAX_CONCURRENCY";
        check(&[(variable, "1")], "127.0.0.1:2000", None, false);
        check(&[(variable, "10")], "127.0.0.1:2000", None, true);
        check(&[(variable, "x")], "127.0.0.1:2000", None, false);
    }

    #[test]
    fn tracing_is_turned_off_as_in_the_other_sdks() {
        let disabled = |name, value| read(&[(name, value)]).0.disabled;
        assert!(disabled("AWS_XRAY_SDK_DISABLED", "TRUE"));
        assert!(disabled("AWS_XRAY_SDK_ENABLED", "false"));
        assert!(!disabled("AWS_XRAY_SDK_DISABLED", "false"));
        assert!(!disabled("AWS_XRAY_SDK_ENABLED", "true"));
        assert!(!disabled("AWS_XRAY_SDK_ENABLED", ""));
    }
}
