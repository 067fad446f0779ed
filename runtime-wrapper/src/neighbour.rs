//! Asks a service on this host over plain HTTP/1.1: the daemon for its sampling rules, a platform for its metadata.
//!
//! One short request on a connection of its own, on a thread that may block: less than any HTTP client would bring along, and nothing of an executor.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Bytes of an answer's body: a page of sampling rules, the metadata of a task with many containers.
const LONGEST_BODY: usize = 1024 * 1024;

/// Bytes of an answer's head.
const LONGEST_HEAD: u64 = 64 * 1024;

/// Who is asked, such as `http://169.254.170.2/v4/abc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbour {
    host: String,
    /// Without a slash at its end.
    base: String,
    patience: Duration,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'q> {
    pub(crate) method: &'q str,
    /// Beneath the neighbour's own.
    pub(crate) path: &'q str,
    pub(crate) header: Option<(&'q str, &'q str)>,
    pub(crate) body: &'q str,
}

impl Neighbour {
    /// `None` where it is not plain HTTP. `patience` is for connecting, and again for the whole answer.
    pub(crate) fn at(url: &str, patience: Duration) -> Option<Self> {
        let rest = url.trim().strip_prefix("http://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.trim_end_matches('/');
        Some(Self {
            host: host.to_owned(),
            base: if path.is_empty() {
                String::new()
            } else {
                format!("/{path}")
            },
            patience,
        })
    }

    /// The body of an answer of success; any other status is an error.
    pub(crate) fn ask(&self, question: Question<'_>) -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.address()?, self.patience)?;
        stream.set_write_timeout(Some(self.patience))?;
        stream.write_all(self.written(question).as_bytes())?;
        let until = Instant::now() + self.patience;
        read_answer(BufReader::new(Awaited { stream, until }))
    }

    fn written(&self, question: Question<'_>) -> String {
        let Self { host, base, .. } = self;
        let Question {
            method,
            path,
            header,
            body,
        } = question;
        let header = header.map(|(name, value)| format!("{name}: {value}\r\n"));
        let header = header.unwrap_or_default();
        let length = body.len();
        format!(
            "{method} {base}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{header}\r\n{body}"
        )
    }

    fn address(&self) -> io::Result<SocketAddr> {
        let found = self.host.to_socket_addrs();
        let found = found.or_else(|_| (self.host.as_str(), 80).to_socket_addrs());
        found?.next().ok_or_else(|| ErrorKind::NotFound.into())
    }
}

/// What has to be there by a time, however little of it comes at once.
struct Awaited {
    stream: TcpStream,
    until: Instant,
}

impl Read for Awaited {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(bytes)
    }
}

/// How the body's end is known.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Length(usize),
    Chunked,
    ToTheEnd,
}

fn read_answer(mut reader: impl BufRead) -> io::Result<String> {
    let framing = read_head(&mut reader)?;
    let body = match framing {
        Framing::Length(length) => read_exactly(&mut reader, length)?,
        Framing::Chunked => read_chunks(&mut reader)?,
        Framing::ToTheEnd => {
            let mut body = Vec::new();
            let limit = u64::try_from(LONGEST_BODY).unwrap_or(u64::MAX);
            reader.take(limit).read_to_end(&mut body)?;
            body
        }
    };
    String::from_utf8(body).map_err(|_| wrong("the answer is no text"))
}

fn read_head(reader: &mut impl BufRead) -> io::Result<Framing> {
    let mut head = reader.take(LONGEST_HEAD);
    let status = read_line(&mut head)?;
    if !status.split(' ').nth(1).unwrap_or("").starts_with('2') {
        return Err(io::Error::other(format!("the answer is {status:?}")));
    }
    let mut framing = Framing::ToTheEnd;
    loop {
        let line = read_line(&mut head)?;
        let Some((name, value)) = line.split_once(':') else {
            return Ok(framing);
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
            framing = Framing::Chunked;
        } else if name.eq_ignore_ascii_case("content-length") {
            framing = Framing::Length(
                value
                    .parse()
                    .map_err(|_| wrong("its length is no number"))?,
            );
        }
    }
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?;
        let size = line.split(';').next().unwrap_or("").trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| wrong("a chunk has no size"))?;
        if size == 0 {
            return Ok(body);
        }
        if size > LONGEST_BODY - body.len() {
            return Err(wrong("the answer is too long"));
        }
        body.extend(read_exactly(reader, size)?);
        read_line(reader)?;
    }
}

fn read_exactly(reader: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    if length > LONGEST_BODY {
        return Err(wrong("the answer is too long"));
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(LONGEST_HEAD).read_line(&mut line)?;
    if !line.ends_with('\n') {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end().len());
    Ok(line)
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(answer: &str, expected: Option<&str>) {
        let read = read_answer(answer.as_bytes());
        assert_eq!(read.as_deref().ok(), expected, "{answer:?}: {read:?}");
    }

    #[test]
    fn the_body_ends_where_its_framing_says() {
        let ok = "HTTP/1.1 200 OK\r\n";
        check(
            &format!("{ok}Content-Length: 2\r\n\r\n{{}}more"),
            Some("{}"),
        );
        check(&format!("{ok}content-length: 3\r\n\r\n{{}}"), None);
        check(&format!("{ok}\r\n{{}}"), Some("{}"));
        let chunked = format!("{ok}Transfer-Encoding: chunked\r\n\r\n");
        check(
            &format!("{chunked}2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
            Some("abc"),
        );
        check(&format!("{chunked}2\r\nab\r\n"), None);
        check(&format!("{chunked}FFFFFFFF\r\n"), None);
        check("HTTP/1.1 403 Forbidden\r\n\r\n{}", None);
        check("", None);
    }

    #[test]
    fn an_answer_that_never_ends_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let dripping = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            while stream.write_all(b"x").is_ok() {
                thread::park_timeout(Duration::from_millis(5));
            }
        });
        let neighbour = Neighbour::at(&url, Duration::from_millis(50)).unwrap();
        let start = Instant::now();
        neighbour
            .ask(Question {
                method: "GET",
                path: "/",
                header: None,
                body: "",
            })
            .unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(20));
        dripping.join().unwrap();
    }

    #[test]
    fn an_address_has_a_port_and_a_path_or_not() {
        let patience = Duration::from_millis(1);
        let at = |url| Neighbour::at(url, patience).map(|it| (it.host, it.base));
        let place = |host: &str, base: &str| Some((host.to_owned(), base.to_owned()));
        assert_eq!(
            at("http://169.254.170.2/v4/abc/"),
            place("169.254.170.2", "/v4/abc")
        );
        assert_eq!(at("http://127.0.0.1:2000"), place("127.0.0.1:2000", ""));
        assert_eq!(at("https://127.0.0.1"), None);
    }

    proptest! {
        #[test]
        fn any_answer_is_read(bytes: Vec<u8>) {
            let _ = read_answer(bytes.as_slice());
            let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let _ = read_answer([chunked, bytes.as_slice()].concat().as_slice());
        }
    }
}
