//! Sends documents: one non-blocking UDP socket, and the decision where to.
//!
//! At init a hello goes to the extension's address, over a connected socket: when nobody listens on a loopback port, the kernel says so
//! with the next call, so the hello is what the refusal costs, never a document. Until the answer is there, documents go
//! to that address, and where another daemon is known a copy is kept for it: whoever listens there without
//! answering may not forward them. The first invocation ends the question. Waiting for the answer at init instead would be felt at every cold start.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use xray_segment::datagram::{DOCUMENT_HEADER, Datagram};
use xray_segment::split::split;
use xray_segment::{Document, limits};

use crate::config::Config;
use crate::log::say;

/// Bytes of a document that fits its datagram and X-Ray.
const DOCUMENT_LIMIT: usize =
    if limits::DATAGRAM_BYTES - DOCUMENT_HEADER.len() < limits::DOCUMENT_BYTES {
        limits::DATAGRAM_BYTES - DOCUMENT_HEADER.len()
    } else {
        limits::DOCUMENT_BYTES
    };

/// How long a full socket is tried again. On loopback it empties within microseconds.
const RETRY_FOR: Duration = Duration::from_millis(1);

/// How long the end of the first invocation waits for an answer, where somebody listens but has not given one and another daemon is
/// known. All that a cold start may cost; an answer that comes later counts for the next invocation.
const ANSWER_WITHIN: Duration = Duration::from_millis(1);

const LOOK_EVERY: Duration = Duration::from_micros(100);

/// Bytes of copies kept until the answer is there: what the daemon's socket takes at once.
const KEPT_BYTES: usize = 64 * 1024;

thread_local! {
    /// What is serialized into; as large as the largest datagram of this thread.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The sender of a process.
#[derive(Debug)]
pub(crate) struct Emitter {
    /// Connected to the extension's address; `None` when the system gave no socket.
    socket: Option<UdpSocket>,
    daemon: Option<SocketAddr>,
    /// The extension has answered: it takes notices as well as documents.
    heard: AtomicBool,
    route: RwLock<Route>,
    kept: Mutex<Vec<Vec<u8>>>,
    lost: AtomicU64,
    lost_said: AtomicU64,
}

/// Where documents go.
#[derive(Debug)]
enum Route {
    /// To the extension's address, until it is known who is there.
    Asked,
    /// To the extension's address, whoever is there.
    Extension,
    /// To the daemon.
    Daemon(UdpSocket),
}

impl Emitter {
    /// Opens the socket and asks whether the extension is there.
    pub(crate) fn new(config: &Config) -> Self {
        let socket = connect(config.extension);
        if let Some(socket) = &socket {
            // A refusal is told by the next call.
            let _ = socket.send(&Datagram::Hello.to_bytes());
        }
        Self {
            socket,
            daemon: config.daemon,
            heard: AtomicBool::new(false),
            route: RwLock::new(Route::Asked),
            kept: Mutex::default(),
            lost: AtomicU64::new(0),
            lost_said: AtomicU64::new(0),
        }
    }

    /// Opens the socket to who is known to take documents, and nothing else: the daemon, outside of Lambda.
    #[cfg(feature = "recorder")]
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self {
            socket: connect(address),
            daemon: None,
            heard: AtomicBool::new(false),
            route: RwLock::new(Route::Extension),
            kept: Mutex::default(),
            lost: AtomicU64::new(0),
            lost_said: AtomicU64::new(0),
        }
    }

    /// Whether the extension has answered.
    pub(crate) fn is_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// Whether the extension has answered, or may yet: it has been asked a moment ago.
    pub(crate) fn may_be_heard(&self) -> bool {
        self.is_heard() || matches!(&*self.route(), Route::Asked)
    }

    /// Sends a document, in as many datagrams as it takes.
    pub(crate) fn send(&self, document: Document<'static>) {
        with_buffer(|buffer| {
            write(buffer, &document);
            if buffer.len() - DOCUMENT_HEADER.len() <= DOCUMENT_LIMIT {
                return self.send_document(buffer);
            }
            for part in split(document, DOCUMENT_LIMIT) {
                write(buffer, &part);
                self.send_document(buffer);
            }
        });
    }

    /// Tells the extension of a document in progress, trimmed where it is too large.
    pub(crate) fn tell_open(&self, document: &Document<'_>) {
        let notice = |document: &Document<'_>| Datagram::Open(&document.to_json()).to_bytes();
        let whole = notice(document);
        if whole.len() <= limits::DATAGRAM_BYTES {
            self.notify(&whole);
        } else if let Some(trimmed) = split(document.clone(), DOCUMENT_LIMIT / 2).first() {
            self.notify(&notice(trimmed));
        }
    }

    /// Ends an invocation: by now it is known where documents go, and the extension knows that there are no more.
    pub(crate) fn finish(&self, request_id: &str) {
        if self.daemon.is_some() {
            self.settle_within(ANSWER_WITHIN);
        }
        if self.is_heard() {
            with_buffer(|buffer| {
                let request_id = request_id.into();
                Datagram::End { request_id }.write(buffer);
                self.notify(buffer);
            });
        }
        self.say_lost();
    }

    /// Looks whether the answer is there, without waiting. One that comes late is taken too.
    pub(crate) fn listen(&self) {
        if let (false, Some(socket)) = (self.is_heard(), &self.socket) {
            let asked = matches!(&*self.route(), Route::Asked);
            match answer(socket) {
                Answer::Welcome => self.settle(Route::Extension, true),
                Answer::Refused if asked => self.settle_without(),
                Answer::Refused | Answer::Nothing => {}
            }
        }
    }

    fn send_document(&self, datagram: &[u8]) {
        if matches!(&*self.route(), Route::Asked) {
            self.listen();
        }
        let route = self.route();
        match &*route {
            Route::Daemon(daemon) => self.transmit(daemon, datagram),
            Route::Extension => self.notify(datagram),
            Route::Asked => {
                self.notify(datagram);
                let kept = self.keep(datagram);
                drop(route);
                if kept > KEPT_BYTES {
                    self.settle_within(ANSWER_WITHIN);
                }
            }
        }
    }

    /// To the extension's address.
    fn notify(&self, datagram: &[u8]) {
        match &self.socket {
            Some(socket) => self.transmit(socket, datagram),
            None => self.count_lost(),
        }
    }

    fn transmit(&self, socket: &UdpSocket, datagram: &[u8]) {
        let mut full_since = None;
        let mut refused = false;
        loop {
            match socket.send(datagram).map_err(|error| error.kind()) {
                Ok(_) => return,
                Err(ErrorKind::Interrupted) => {}
                // What the socket says of an earlier datagram; this one has not been tried yet.
                Err(ErrorKind::ConnectionRefused) if !refused => refused = true,
                Err(ErrorKind::WouldBlock)
                    if full_since.get_or_insert_with(Instant::now).elapsed() < RETRY_FOR =>
                {
                    std::thread::yield_now();
                }
                Err(_) => return self.count_lost(),
            }
        }
    }

    /// Keeps a copy where there is somebody to send it to later; how many bytes are kept.
    fn keep(&self, datagram: &[u8]) -> usize {
        if self.daemon.is_none() {
            return 0;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(datagram.to_vec());
        kept.iter().map(Vec::len).sum()
    }

    fn settle_within(&self, wait: Duration) {
        if !matches!(&*self.route(), Route::Asked) {
            return;
        }
        let answered = self
            .socket
            .as_ref()
            .is_some_and(|socket| answer_within(socket, wait));
        if answered {
            self.settle(Route::Extension, true);
        } else {
            self.settle_without();
        }
    }

    /// No extension: to the daemon, where one is known.
    fn settle_without(&self) {
        match self.daemon.and_then(connect) {
            Some(daemon) => self.settle(Route::Daemon(daemon), false),
            None => self.settle(Route::Extension, false),
        }
    }

    fn settle(&self, decided: Route, heard: bool) {
        let mut route = self.route.write().unwrap_or_else(PoisonError::into_inner);
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        if let (Route::Asked, Route::Daemon(daemon)) = (&*route, &decided) {
            for datagram in &kept {
                self.transmit(daemon, datagram);
            }
        }
        *route = decided;
        self.heard.store(heard, Ordering::Relaxed);
    }

    fn route(&self) -> RwLockReadGuard<'_, Route> {
        self.route.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// One line when datagrams were lost since the last one.
    pub(crate) fn say_lost(&self) {
        let lost = self.lost.load(Ordering::Relaxed);
        let said = self.lost_said.swap(lost, Ordering::Relaxed);
        if lost > said {
            say(&format!(
                "{lost} datagrams to the X-Ray extension were lost so far: its socket is full or gone"
            ));
        }
    }
}

fn write(buffer: &mut Vec<u8>, document: &Document<'_>) {
    buffer.clear();
    buffer.extend_from_slice(DOCUMENT_HEADER.as_bytes());
    document.write_json(buffer);
}

/// The thread's buffer; a fresh one where that is in use or gone, as in a panic hook.
fn with_buffer(work: impl FnOnce(&mut Vec<u8>)) {
    let taken = BUFFER.try_with(RefCell::take);
    let mut buffer = taken.unwrap_or_default();
    work(&mut buffer);
    if buffer.capacity() <= 2 * limits::DATAGRAM_BYTES {
        let _ = BUFFER.try_with(|place| place.replace(buffer));
    }
}

fn connect(address: SocketAddr) -> Option<UdpSocket> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(address).ok()?;
    socket.set_nonblocking(true).ok()?;
    Some(socket)
}

enum Answer {
    Welcome,
    Refused,
    Nothing,
}

/// The next thing the socket has to say; what is no answer of ours is passed over.
fn answer(socket: &UdpSocket) -> Answer {
    let mut buffer = [0; 512];
    loop {
        match socket.recv(&mut buffer) {
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default();
                if let Ok(Datagram::Welcome { .. }) = Datagram::parse(bytes) {
                    return Answer::Welcome;
                }
            }
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                ErrorKind::ConnectionRefused => return Answer::Refused,
                _ => return Answer::Nothing,
            },
        }
    }
}

/// Looks again and again: the socket's own timeout counts in clock ticks of 4 to 10 ms, and it is a matter of once.
fn answer_within(socket: &UdpSocket, wait: Duration) -> bool {
    let start = Instant::now();
    loop {
        match answer(socket) {
            Answer::Welcome => return true,
            Answer::Nothing if start.elapsed() < wait => std::thread::sleep(LOOK_EVERY),
            Answer::Nothing | Answer::Refused => return false,
        }
    }
}
