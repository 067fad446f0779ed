//! The way through an HTTP proxy: a tunnel by CONNECT, through which TLS goes as if there were no proxy.
//!
//! Only `https` goes this way. What is plain is a local X-Ray, or an address of this very machine (metadata, container credentials), which no
//! proxy can reach.

use std::fmt;
use std::io;
use std::net::IpAddr;

use aws_smithy_types::base64;
use http::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A proxy, and whom it is not used for.
#[derive(Clone, PartialEq, Eq)]
pub struct Tunnel {
    host: String,
    port: u16,
    /// The header's value: it holds a password.
    authorization: Option<String>,
    except: Vec<String>,
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// More than any proxy has to say before a tunnel.
const LARGEST_HEAD: usize = 8 * 1024;

impl Tunnel {
    /// Of `http://HOST:PORT` or `HOST:PORT`, with `USER:PASSWORD@` before the host.
    pub fn parse(text: &str) -> Option<Self> {
        let url = match text.split_once("://") {
            Some(("http", _)) => text.to_owned(),
            Some(_) => return None,
            None => format!("http://{text}"),
        };
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        let login = authority.as_str().rsplit_once('@').map(|(login, _)| login);
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        (!host.is_empty()).then(|| Self {
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(80),
            authorization: login.map(|login| format!("Basic {}", base64::encode(decoded(login)))),
            except: Vec::new(),
        })
    }

    /// Not for these hosts, as `NO_PROXY` lists them: `*`, names, and what ends with a name.
    #[must_use]
    pub fn not_for(mut self, list: &str) -> Self {
        let names = list
            .split(',')
            .map(|name| name.trim().trim_start_matches("*."));
        let names = names.map(|name| name.trim_start_matches('.').to_ascii_lowercase());
        self.except = names.filter(|name| !name.is_empty()).collect();
        self
    }

    /// With the exceptions of another one.
    #[must_use]
    pub fn except(mut self, other: Option<Self>) -> Self {
        if let Some(other) = other {
            self.except = other.except;
        }
        self
    }

    /// Whether the way to this host goes through the proxy.
    pub fn leads_to(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let is_excepted = |name: &String| {
            let rest = host.strip_suffix(name.as_str());
            name == "*" || rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let is_here = host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
        host != "localhost" && !is_here && !self.except.iter().any(is_excepted)
    }

    /// Connects to the proxy and has it connect to the host.
    pub(crate) async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let bracketed = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let mut request =
            format!("CONNECT {bracketed}:{port} HTTP/1.1\r\nHost: {bracketed}:{port}\r\n");
        if let Some(authorization) = &self.authorization {
            request.extend(["Proxy-Authorization: ", authorization, "\r\n"]);
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        let head = head(&mut stream).await?;
        let status = head.split_whitespace().nth(1).unwrap_or_default();
        if status.len() == 3 && status.starts_with('2') {
            return Ok(stream);
        }
        let (proxy, port) = (&self.host, self.port);
        let line = head.lines().next().unwrap_or_default();
        Err(io::Error::other(format!(
            "the proxy at {proxy}:{port} makes no connection: {line}"
        )))
    }
}

/// The answer's head. Nothing follows it before the client speaks.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > LARGEST_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Err(io::Error::other("the proxy's answer is none of HTTP's"));
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A login as a URL has it, without its percent signs.
fn decoded(login: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = login.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.split_at_checked(2).filter(|_| *first == b'%');
        let code = code.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = code.unwrap_or((*first, after));
        decoded.push(byte);
        rest = after;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_names_hosts_and_domains() {
        let tunnel = Tunnel::parse("http://proxy:3128").unwrap();
        assert!(tunnel.leads_to("xray.eu-west-1.amazonaws.com"));
        assert!(!tunnel.leads_to("localhost") && !tunnel.leads_to("::1"));
        for (list, is_led) in [
            ("amazonaws.com", false),
            ("a, .amazonaws.com ", false),
            ("*.eu-west-1.amazonaws.com", false),
            ("XRAY.eu-west-1.amazonaws.com", false),
            ("*", false),
            ("zonaws.com", true),
            (",,", true),
        ] {
            let tunnel = tunnel.clone().not_for(list);
            assert_eq!(
                tunnel.leads_to("xray.eu-west-1.amazonaws.com"),
                is_led,
                "{list}"
            );
        }
    }

    #[test]
    fn a_login_is_decoded_and_never_shown() {
        let tunnel = Tunnel::parse("user:p%40ss@proxy").unwrap();
        assert_eq!(tunnel.authorization.as_deref(), Some("Basic dXNlcjpwQHNz"));
        assert_eq!(tunnel.port, 80);
        assert!(!format!("{tunnel:?}").contains("Basic"));
        for wrong in [
            "https://proxy:1",
            "socks5://proxy",
            "",
            "http://",
            "http://:80",
        ] {
            assert_eq!(Tunnel::parse(wrong), None, "{wrong}");
        }
    }
}
