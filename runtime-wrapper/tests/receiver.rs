//! A socket that plays the extension: answers the hello, reads what came, holds each document against the official schema.

use std::net::UdpSocket;
use std::sync::LazyLock;
use std::time::Duration;

use jsonschema::Validator;
use serde_json::Value;
use xray_segment::datagram::Datagram;

/// The official schema (X-Ray Developer Guide, "Segment document schema", version 1.0.0).
static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = include_str!("../../segment/tests/segment-schema.json");
    jsonschema::draft4::new(&serde_json::from_str(schema).unwrap()).unwrap()
});

/// What came in a datagram.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Came {
    Hello,
    Document(Value),
    Open(Value),
    End(String),
}

pub(crate) struct Receiver {
    socket: UdpSocket,
}

impl Receiver {
    pub(crate) fn bind() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket }
    }

    pub(crate) fn address(&self) -> String {
        self.socket.local_addr().unwrap().to_string()
    }

    /// Reads the hello, which has been sent by now, and answers it.
    pub(crate) fn welcome(&self) {
        let mut buffer = [0; 512];
        let (length, from) = self.socket.recv_from(&mut buffer).unwrap();
        assert_eq!(Datagram::parse(&buffer[..length]), Ok(Datagram::Hello));
        let version = "0.1.0".into();
        let answer = Datagram::Welcome { version }.to_bytes();
        self.socket.send_to(&answer, from).unwrap();
    }

    /// All that came since the last call: on loopback a datagram is there when its sender returns.
    pub(crate) fn came(&self) -> Vec<Came> {
        let mut buffer = vec![0; 65_536];
        std::iter::from_fn(|| {
            let length = self.socket.recv(&mut buffer).ok()?;
            Some(read(&buffer[..length]))
        })
        .collect()
    }

    /// Blocks the thread until something comes that is looked for.
    pub(crate) fn wait_for(&self, wanted: impl Fn(&Came) -> bool) -> Came {
        let mut buffer = vec![0; 65_536];
        let patience = Some(Duration::from_secs(20));
        self.socket.set_read_timeout(patience).unwrap();
        self.socket.set_nonblocking(false).unwrap();
        let found = loop {
            let length = self.socket.recv(&mut buffer).unwrap();
            let came = read(&buffer[..length]);
            if wanted(&came) {
                break came;
            }
        };
        self.socket.set_nonblocking(true).unwrap();
        found
    }

    /// The documents that came since the last call.
    pub(crate) fn documents(&self) -> Vec<Value> {
        let came = self.came().into_iter();
        came.filter_map(|came| match came {
            Came::Document(document) => Some(document),
            _ => None,
        })
        .collect()
    }
}

fn read(bytes: &[u8]) -> Came {
    match Datagram::parse(bytes).unwrap() {
        Datagram::Hello => Came::Hello,
        Datagram::Document(document) => Came::Document(checked(document)),
        Datagram::Open(document) => Came::Open(checked(document)),
        Datagram::End { request_id } => Came::End(request_id.into_owned()),
        other => panic!("the wrapper never says {other:?}"),
    }
}

fn checked(document: &str) -> Value {
    assert!(document.len() <= 64 * 1024, "{} bytes", document.len());
    let document = serde_json::from_str(document).unwrap();
    let wrong: Vec<_> = SCHEMA.iter_errors(&document).collect();
    assert!(wrong.is_empty(), "{wrong:?} in {document:#}");
    document
}

/// The one document of this name.
#[track_caller]
pub(crate) fn named<'d>(documents: &'d [Value], name: &str) -> &'d Value {
    let mut found = documents.iter().filter(|document| document["name"] == name);
    match (found.next(), found.next()) {
        (Some(document), None) => document,
        (found, _) => panic!("{found:?} for {name} in {documents:#?}"),
    }
}
