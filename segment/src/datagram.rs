//! What travels over UDP: a line of JSON that says what follows, then the body.
//!
//! A document goes as every X-Ray SDK sends it and the X-Ray daemon takes it:
//! `{"format":"json","version":1}`, a newline, the document. What the wrapper and the extension say to each other beside that
//! has a format of its own, which a daemon refuses without harm:
//! `{"format":"xray-extension","version":1,"kind":"end"}`, a newline, the notice.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The header line of a document, with its newline.
pub const DOCUMENT_HEADER: &str = "{\"format\":\"json\",\"version\":1}\n";

const OPEN_HEADER: &str = "{\"format\":\"xray-extension\",\"version\":1,\"kind\":\"open\"}\n";
const END_HEADER: &str = "{\"format\":\"xray-extension\",\"version\":1,\"kind\":\"end\"}\n";
const HELLO: &str = "{\"format\":\"xray-extension\",\"version\":1,\"kind\":\"hello\"}\n{}";
const REPORT: &str = "{\"format\":\"xray-extension\",\"version\":1,\"kind\":\"report\"}\n{}";
const REPORTED_HEADER: &str =
    "{\"format\":\"xray-extension\",\"version\":1,\"kind\":\"reported\"}\n";
const WELCOME_HEADER: &str = "{\"format\":\"xray-extension\",\"version\":1,\"kind\":\"welcome\"}\n";

/// A datagram, read: its body borrowed from the bytes that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datagram<'a> {
    /// A segment document for X-Ray.
    Document(&'a str),
    /// From the wrapper, at init: is this our extension?
    Hello,
    /// The extension's answer to a hello.
    Welcome {
        /// The extension's version.
        version: Cow<'a, str>,
    },
    /// From the wrapper: a subsegment was opened; its document, in progress. The extension holds it and does not send it.
    Open(&'a str),
    /// From the wrapper: the last document of this invocation has been sent.
    End {
        /// The invocation.
        request_id: Cow<'a, str>,
    },
    /// From whoever wants to know: how does the extension stand?
    Report,
    /// The extension's answer: its report, as JSON.
    Reported(&'a str),
}

/// Why a datagram was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum DatagramError {
    /// There is no newline, so nothing tells a header from a document.
    #[error(
        "no header line: a datagram is {{\"format\":\"json\",\"version\":1}}, a newline and the document"
    )]
    NoHeader,
    /// The first line is not a header that we know.
    #[error("the header line is not {{\"format\":\"json\",\"version\":1}}")]
    BadHeader,
    /// Nothing follows the header.
    #[error("no document after the header line")]
    Empty,
    /// The body is not UTF-8.
    #[error("the document is not UTF-8")]
    NotUtf8,
    /// The body is not what its header says.
    #[error("the notice is not the JSON its header line says")]
    BadNotice,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    version: u32,
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
struct Welcome<'a> {
    #[serde(borrow)]
    version: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct End<'a> {
    #[serde(borrow)]
    request_id: Cow<'a, str>,
}

impl<'a> Datagram<'a> {
    /// Reads a datagram. The document itself is not looked at but for being text.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DatagramError> {
        // Nearly every datagram starts with these very bytes; any other spelling of the header takes the longer way.
        if let Some(body) = bytes.strip_prefix(DOCUMENT_HEADER.as_bytes()) {
            return document(body).map(Self::Document);
        }
        let newline = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or(DatagramError::NoHeader)?;
        let (line, body) = bytes.split_at(newline);
        let header: Header<'a> =
            serde_json::from_slice(line).map_err(|_| DatagramError::BadHeader)?;
        let body = document(body)?;
        match (header.format.as_ref(), header.version) {
            (format, 1) if format.eq_ignore_ascii_case("json") => Ok(Self::Document(body)),
            ("xray-extension", 1) => notice(header.kind.as_deref(), body),
            _ => Err(DatagramError::BadHeader),
        }
    }
}

fn document(body: &[u8]) -> Result<&str, DatagramError> {
    let body = std::str::from_utf8(body).map_err(|_| DatagramError::NotUtf8)?;
    match body.trim_ascii() {
        "" => Err(DatagramError::Empty),
        body => Ok(body),
    }
}

fn notice<'a>(kind: Option<&str>, body: &'a str) -> Result<Datagram<'a>, DatagramError> {
    let bad = |_| DatagramError::BadNotice;
    match kind {
        Some("hello") => Ok(Datagram::Hello),
        Some("open") => Ok(Datagram::Open(body)),
        Some("report") => Ok(Datagram::Report),
        Some("reported") => Ok(Datagram::Reported(body)),
        Some("end") => serde_json::from_str(body)
            .map_err(bad)
            .map(|end: End<'a>| Datagram::End {
                request_id: end.request_id,
            }),
        Some("welcome") => serde_json::from_str(body)
            .map_err(bad)
            .map(|welcome: Welcome<'a>| Datagram::Welcome {
                version: welcome.version,
            }),
        _ => Err(DatagramError::BadHeader),
    }
}

impl Datagram<'_> {
    /// Writes the datagram into `out`, which is cleared first and keeps its room.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::Document(document) => push(out, DOCUMENT_HEADER, document),
            Self::Open(document) => push(out, OPEN_HEADER, document),
            Self::Reported(report) => push(out, REPORTED_HEADER, report),
            Self::Hello => out.extend_from_slice(HELLO.as_bytes()),
            Self::Report => out.extend_from_slice(REPORT.as_bytes()),
            Self::Welcome { version } => push_json(
                out,
                WELCOME_HEADER,
                &Welcome {
                    version: version.as_ref().into(),
                },
            ),
            Self::End { request_id } => push_json(
                out,
                END_HEADER,
                &End {
                    request_id: request_id.as_ref().into(),
                },
            ),
        }
    }

    /// The datagram as bytes of its own.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

fn push(out: &mut Vec<u8>, header: &str, body: &str) {
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(body.as_bytes());
}

fn push_json(out: &mut Vec<u8>, header: &str, body: &impl Serialize) {
    out.extend_from_slice(header.as_bytes());
    let written = serde_json::to_writer(out, body);
    debug_assert!(
        written.is_ok(),
        "text always serializes, into memory always"
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &Result<Datagram<'_>, DatagramError>) {
        assert_eq!(&Datagram::parse(bytes), expected);
    }

    #[test]
    fn takes_the_headers_that_the_daemon_takes() {
        let document = Ok(Datagram::Document("{\"a\":\n1}"));
        check(
            b"{\"format\":\"json\",\"version\":1}\n{\"a\":\n1}",
            &document,
        );
        check(
            b"{\"format\": \"json\", \"version\": 1}\n{\"a\":\n1}",
            &document,
        );
        check(
            b"{\"version\":1,\"format\":\"jSoN\",\"more\":[]}\n{\"a\":\n1}\n",
            &document,
        );
    }

    #[test]
    fn says_what_is_wrong_with_the_others() {
        use DatagramError::*;
        check(b"", &Err(NoHeader));
        check(b"{}", &Err(NoHeader));
        check(b"{}\n{}", &Err(BadHeader));
        check(b"{\"format\":\"json\",\"version\":2}\n{}", &Err(BadHeader));
        check(b"{\"format\":\"xml\",\"version\":1}\n<a/>", &Err(BadHeader));
        check(b"{\"format\":\"json\",\"version\":1}\n", &Err(Empty));
        check(b"{\"format\":\"json\",\"version\":1}\n \n", &Err(Empty));
        check(
            b"{\"format\":\"json\",\"version\":1}\n{\"a\":\"\xff\"}",
            &Err(NotUtf8),
        );
        check(
            b"{\"format\":\"xray-extension\",\"version\":1}\n{}",
            &Err(BadHeader),
        );
        check(
            b"{\"format\":\"xray-extension\",\"version\":1,\"kind\":\"end\"}\n{}",
            &Err(BadNotice),
        );
    }

    fn any_datagram() -> impl Strategy<Value = Datagram<'static>> {
        let text = "[!-~]{1,40}".prop_map(|text| &*text.leak());
        prop_oneof![
            Just(Datagram::Hello),
            Just(Datagram::Report),
            text.clone().prop_map(Datagram::Document),
            text.clone().prop_map(Datagram::Reported),
            text.prop_map(Datagram::Open),
            any::<String>().prop_map(|id| Datagram::End {
                request_id: id.into()
            }),
            any::<String>().prop_map(|version| Datagram::Welcome {
                version: version.into()
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(datagram in any_datagram()) {
            let bytes = datagram.to_bytes();
            let read = Datagram::parse(&bytes);
            prop_assert_eq!(read, Ok(datagram));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Datagram::parse(&bytes);
        }
    }
}
