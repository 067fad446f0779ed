//! Asks a metadata service: plain HTTP to an address of this host, one short answer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// A service on this host answers within a millisecond or two, if it is there at all.
const PATIENCE: Duration = Duration::from_millis(500);

/// Bytes of an answer; a task with many containers has the longest.
const LONGEST: u64 = 256 * 1024;

/// A place such as `http://169.254.170.2/v4/abc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    host: String,
    path: String,
}

impl Endpoint {
    /// `None` where it is not plain HTTP.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let rest = url.trim().strip_prefix("http://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        Some(Self {
            host: host.to_owned(),
            path: path.trim_end_matches('/').to_owned(),
        })
    }

    /// The body of a successful answer to `GET`.
    pub(super) fn get(&self, path: &str, header: Option<(&str, &str)>) -> Option<String> {
        self.ask("GET", path, header).ok()
    }

    /// The body of a successful answer to `PUT`.
    pub(super) fn put(&self, path: &str, header: (&str, &str)) -> Option<String> {
        self.ask("PUT", path, Some(header)).ok()
    }

    fn ask(&self, method: &str, path: &str, header: Option<(&str, &str)>) -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.address()?, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let Self { host, path: base } = self;
        let base = if base.is_empty() {
            ""
        } else {
            &format!("/{base}")
        };
        let header = header.map_or(String::new(), |(name, value)| {
            format!("{name}: {value}\r\n")
        });
        let length = if method == "PUT" {
            "Content-Length: 0\r\n"
        } else {
            ""
        };
        let request = format!(
            "{method} {base}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{length}{header}\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.take(LONGEST).read_to_string(&mut answer)?;
        body(&answer)
            .map(str::to_owned)
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn address(&self) -> io::Result<SocketAddr> {
        let with_port = match self.host.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => self.host.to_socket_addrs(),
            _ => (self.host.as_str(), 80).to_socket_addrs(),
        };
        with_port?
            .next()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The body of an answer that succeeded.
fn body(answer: &str) -> Option<&str> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?;
    status.starts_with('2').then_some(body)
}
