//! Where a request goes to: what of its address is said, and what is not.
//!
//! A query, a fragment and a login may hold secrets; host and path are what the trace map and its reader need.

use ::http::header::HOST;
use ::http::uri::Authority;
use ::http::{HeaderMap, Uri};
use xray_segment::limits::TEXT_CHARS;
use xray_segment::name::cut;

/// What a call to nowhere is named: a path alone, without a `Host`.
const NOWHERE: &str = "remote";

/// The harmless part of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The host, without a port; empty where it is not known.
    host: String,
    /// `scheme://host:port/path`, as much of it as is known.
    pub(super) url: String,
}

impl Address {
    /// The address of the URI; where that is a path alone, as on a connection that is open already, the one in the header `Host`.
    pub(super) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let in_header = || Authority::try_from(headers.get(HOST)?.as_bytes()).ok();
        let authority = uri.authority().cloned().or_else(in_header);
        let host = authority.as_ref().map_or("", Authority::host);
        let place = authority.as_ref().map_or("", |authority| {
            let text = authority.as_str();
            text.rsplit_once('@').map_or(text, |(_, place)| place)
        });
        let scheme = uri.scheme_str().map(|scheme| format!("{scheme}://"));
        let url = format!("{}{place}{}", scheme.unwrap_or_default(), uri.path());
        Self::new(host, &url)
    }

    /// The address that a server was asked at: what its URI leaves out, the scheme, is told by the proxy before it, or is `http`.
    pub(super) fn served(uri: &Uri, headers: &HeaderMap) -> Self {
        let mut address = Self::of(uri, headers);
        if uri.scheme().is_none() && !address.host.is_empty() {
            let proxied = headers.get("x-forwarded-proto");
            let secure = proxied.is_some_and(|scheme| scheme.as_bytes() == b"https");
            let scheme = if secure { "https" } else { "http" };
            let url = format!("{scheme}://{}", address.url);
            cut(&url, TEXT_CHARS).clone_into(&mut address.url);
        }
        address
    }

    /// What a call to it is named.
    pub(super) fn name(&self) -> &str {
        self.host().unwrap_or(NOWHERE)
    }

    /// The host, without a port.
    pub(super) fn host(&self) -> Option<&str> {
        Some(self.host.as_str()).filter(|host| !host.is_empty())
    }

    /// The address that `reqwest` has for a request; it is always whole.
    #[cfg(feature = "reqwest")]
    pub(super) fn of_url(url: &reqwest::Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}"));
        let (scheme, path) = (url.scheme(), url.path());
        let port = port.unwrap_or_default();
        Self::new(host, &format!("{scheme}://{host}{port}{path}"))
    }

    fn new(host: &str, url: &str) -> Self {
        Self {
            host: host.to_owned(),
            url: cut(url, TEXT_CHARS).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn address(uri: &str, host: Option<&'static str>) -> (String, String) {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            headers.insert(HOST, HeaderValue::from_static(host));
        }
        let address = Address::of(&uri.parse().unwrap(), &headers);
        (address.name().to_owned(), address.url)
    }

    #[test]
    fn the_host_names_the_call_and_secrets_are_not_said() {
        for (uri, host, name, url) in [
            (
                "https://api.example.com/orders/42?token=s3cret#s3cret",
                None,
                "api.example.com",
                "https://api.example.com/orders/42",
            ),
            (
                "http://ada:s3cret@api.example.com:8080/",
                Some("other.example.com"),
                "api.example.com",
                "http://api.example.com:8080/",
            ),
            (
                "http://api.example.com?token=s3cret",
                None,
                "api.example.com",
                "http://api.example.com/",
            ),
            (
                "/orders?a=1",
                Some("a.test:81"),
                "a.test",
                "a.test:81/orders",
            ),
            (
                "/orders",
                Some("ada:s3cret@a.test"),
                "a.test",
                "a.test/orders",
            ),
            ("/orders", Some("no host"), "remote", "/orders"),
            ("/orders", None, "remote", "/orders"),
            ("*", Some("a.test"), "a.test", "a.test*"),
            ("a.test:443", None, "a.test", "a.test:443"),
            ("http://[::1]:80/", None, "[::1]", "http://[::1]:80/"),
        ] {
            let expected = (name.to_owned(), url.to_owned());
            assert_eq!(address(uri, host), expected, "{uri} {host:?}");
        }
    }

    #[test]
    fn a_long_url_is_cut() {
        let (_, url) = address(&format!("http://a.test/{}", "x".repeat(300)), None);
        assert_eq!(url.len(), TEXT_CHARS);
    }

    proptest! {
        #[test]
        fn any_host_is_read(bytes: Vec<u8>) {
            let mut headers = HeaderMap::new();
            if let Ok(host) = HeaderValue::from_bytes(&bytes) {
                headers.insert(HOST, host);
            }
            let address = Address::of(&Uri::from_static("/a?b"), &headers);
            prop_assert!(!address.name().is_empty() && address.url.ends_with("/a"));
        }
    }
}
