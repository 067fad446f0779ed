//! One socket, one buffer, many datagrams a wakeup.
//!
//! The buffer holds the largest datagram there is, so none is ever cut short, and it is reused: what a datagram says is borrowed
//! from it until the next one is read. Receiving in batches (`recvmmsg`) was left out: it saves a system call a
//! document and costs `unsafe` or one more dependency.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::io::Interest;
use xray_segment::datagram::{Datagram, DatagramError};

/// Asked of the kernel for datagrams that wait; it may give less (`net.core.rmem_max`).
const RECEIVE_BUFFER: usize = 16 * 1024 * 1024;

/// Room for the largest datagram (65,507 bytes over IPv4, 65,527 over IPv6).
const LARGEST: usize = 64 * 1024;

/// A bound socket that reads datagrams and answers hellos.
#[derive(Debug)]
pub struct Intake {
    socket: UdpSocket,
    /// The same socket, watched by the event loop; none while it is left alone.
    watched: Option<tokio::net::UdpSocket>,
    /// Whether the last drain left something, of which the event loop would not tell again.
    more: bool,
    buffer: Box<[u8]>,
    receive_buffer: usize,
    welcome: Vec<u8>,
}

/// One datagram, borrowed until the next one is read.
#[derive(Debug)]
pub struct Received<'a> {
    /// What it says, or why it is turned away.
    pub datagram: Result<Datagram<'a>, DatagramError>,
    /// Its bytes.
    pub size: usize,
    /// Who sent it.
    pub from: SocketAddr,
}

/// Why [`Intake::drain`] stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Nothing waits.
    Empty,
    /// The limit was reached; more may wait.
    More,
}

impl Intake {
    /// Binds `address`; port 0 takes a free one.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::DGRAM.nonblocking(),
            Some(Protocol::UDP),
        )?;
        // Whatever is given is enough to go on; it is read back below.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        socket.bind(&SockAddr::from(address))?;
        let receive_buffer = socket.recv_buffer_size()?;
        let version = env!("CARGO_PKG_VERSION").into();
        Ok(Self {
            socket: socket.into(),
            watched: None,
            more: false,
            buffer: vec![0; LARGEST].into_boxed_slice(),
            receive_buffer,
            welcome: Datagram::Welcome { version }.to_bytes(),
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Bytes of the kernel's buffer, as the kernel counts them (Linux doubles what was asked for, and counts its own overhead).
    pub fn receive_buffer(&self) -> usize {
        self.receive_buffer
    }

    /// Datagrams that the kernel dropped because its buffer was full; none where it does not say.
    pub fn kernel_dropped(&self) -> Option<u64> {
        super::kernel::dropped(&self.socket)
    }

    /// Answers whoever sent something.
    pub fn answer(&self, bytes: &[u8], to: SocketAddr) {
        // Who does not get it asks again, or goes on without.
        let _ = self.socket.send_to(bytes, to);
    }

    /// Waits until a datagram may be there. To be called within a tokio runtime.
    pub async fn readable(&mut self) -> io::Result<()> {
        if self.more {
            return Ok(());
        }
        let watched = match self.watched.take() {
            Some(watched) => watched,
            None => tokio::net::UdpSocket::from_std(self.socket.try_clone()?)?,
        };
        let watched = self.watched.insert(watched);
        watched.readable().await?;
        // Cleared before the socket is read, so that whatever comes from now on is told of.
        let _ = watched.try_io(Interest::READABLE, || {
            Err::<(), _>(io::ErrorKind::WouldBlock.into())
        });
        Ok(())
    }

    /// Has the event loop forget the socket until [`Intake::readable`] is next called.
    ///
    /// While it is watched, each datagram wakes the process, whether or not anything waits for it: most of what a document costs.
    pub fn rest(&mut self) {
        self.watched = None;
    }

    /// Reads what is there, at most `limit` datagrams, and never waits. Hellos are answered on the way.
    pub fn drain(&mut self, limit: usize, mut each: impl FnMut(Received<'_>)) -> Drained {
        for _ in 0..limit {
            match self.socket.recv_from(&mut self.buffer) {
                Ok((size, from)) => {
                    let bytes = self.buffer.get(..size).unwrap_or_default();
                    let datagram = Datagram::parse(bytes);
                    if datagram == Ok(Datagram::Hello) {
                        // Who does not get it asks again, or goes on without.
                        let _ = self.socket.send_to(&self.welcome, from);
                    }
                    each(Received {
                        datagram,
                        size,
                        from,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.more = false;
                    return Drained::Empty;
                }
                // Something about one datagram, not about the socket: the next one may be well.
                Err(_) => {}
            }
        }
        self.more = true;
        Drained::More
    }
}
