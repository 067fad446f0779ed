//! Where a call goes to, by its fields: its URL without what may be secret in it, and its host.

use super::fields::Fields;

/// What is said of an address piece by piece, where its URL is not said.
const SCHEME: [&str; 2] = ["url.scheme", "http.scheme"];
const PATH: [&str; 2] = ["url.path", "http.target"];
const HOST: [&str; 3] = ["server.address", "net.peer.name", "http.host"];
const PORT: [&str; 2] = ["server.port", "net.peer.port"];
const URL: [&str; 2] = ["url.full", "http.url"];

/// Where a URL ends in a text.
const ENDS: [char; 8] = [' ', '"', '\'', '(', ')', '<', '>', '\n'];

/// The URL without credentials, query and fragment; put together where only its pieces are said.
pub(super) fn url(fields: &Fields) -> Option<String> {
    if let Some(url) = fields.find(&URL) {
        return Some(public_url(&url));
    }
    let path = fields.find(&PATH).map(|path| public_url(&path));
    let Some(scheme) = fields.find(&SCHEME) else {
        return path;
    };
    let path = path.unwrap_or_default();
    let Some(host) = fields.find(&HOST) else {
        return (!path.is_empty()).then_some(path);
    };
    let port = fields.find(&PORT).filter(|port| {
        let usual = [("http", "80"), ("https", "443"), (&scheme, "0")];
        host_of(&host).len() == host.len() && !usual.contains(&(&scheme, port))
    });
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{host}{port}{path}"))
}

/// The host, without its port.
pub(super) fn host(fields: &Fields) -> Option<String> {
    if let Some(host) = fields.find(&HOST) {
        return Some(host_of(&host).to_owned());
    }
    let url = public_url(&fields.find(&URL)?);
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    Some(host_of(authority).to_owned()).filter(|host| !host.is_empty())
}

/// A text, such as what an error says, with the URLs in it as they may be said.
pub(super) fn public_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let start = rest.get(..at).and_then(|before| before.rfind(ENDS));
        let (before, found) = rest.split_at(start.map_or(0, |start| start + 1));
        let (url, after) = found.split_at(end(found));
        out.push_str(before);
        out.push_str(&public_url(url));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The bytes of the URL that a text begins with.
fn end(text: &str) -> usize {
    text.find(ENDS).unwrap_or(text.len())
}

fn host_of(authority: &str) -> &str {
    // A colon within an address of IPv6 is no port's.
    let port = authority
        .rfind(':')
        .filter(|at| !authority.ends_with(']') && authority.find(':') == Some(*at));
    let bracketed = authority.rfind("]:").map(|at| at + 1);
    let end = bracketed.or(port).unwrap_or(authority.len());
    authority.get(..end).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(values: &[(&'static str, &str)]) -> Fields {
        Fields {
            values: values
                .iter()
                .map(|(name, value)| (*name, (*value).into()))
                .collect(),
            failure: None,
        }
    }

    #[test]
    fn a_url_is_put_together_from_what_is_said() {
        let https = [("url.scheme", "https"), ("server.address", "a.example.com")];
        let with = |more: &[(&'static str, &str)]| url(&fields(&[&https[..], more].concat()));
        let is = |url: Option<String>, expected: &str| assert_eq!(url.as_deref(), Some(expected));
        is(with(&[]), "https://a.example.com");
        is(with(&[("server.port", "443")]), "https://a.example.com");
        is(
            with(&[("server.port", "8443"), ("url.path", "/a")]),
            "https://a.example.com:8443/a",
        );
        is(with(&[("url.full", "http://b/?c")]), "http://b/");
        let old = [
            ("http.scheme", "http"),
            ("http.host", "b:81"),
            ("http.target", "/c?d=e"),
        ];
        is(url(&fields(&old)), "http://b:81/c");
        is(url(&fields(&[("http.target", "/c?d=e")])), "/c");
        assert_eq!(url(&fields(&[("server.address", "db")])), None);
    }

    #[test]
    fn a_host_is_said_without_its_port() {
        let host = |name, value| host(&fields(&[(name, value)]));
        assert_eq!(host("http.host", "a:80").as_deref(), Some("a"));
        assert_eq!(host("server.address", "::1").as_deref(), Some("::1"));
        assert_eq!(
            host("url.full", "http://[::1]:80/").as_deref(),
            Some("[::1]")
        );
        assert_eq!(host("url.full", "/path"), None);
        assert_eq!(host("server.address", ""), None);
    }

    #[test]
    fn urls_in_texts_keep_their_secrets() {
        let said = "error sending request for url (http://u:p@a/b?token=s#t): \"c://d?e\" f?";
        let kept = "error sending request for url (http://a/b): \"c://d\" f?";
        assert_eq!(public_text(said), kept);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in ".{0,60}", path in "[a-z:/?#@\\[\\] ]{0,20}") {
            let _ = public_text(&text);
            let _ = url(&fields(&[("url.full", &path)]));
            let _ = host(&fields(&[("http.host", &path)]));
        }
    }
}
