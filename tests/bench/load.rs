//! Documents at an even rate, and what became of them.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use xray_segment::datagram::DOCUMENT_HEADER;

use crate::daemon::{Daemon, Which};
use crate::endpoint::{Answers, Endpoint};
use crate::process::{megabytes, processor_time, udp_dropped};

const DOCUMENT_BYTES: usize = 600;

/// Documents of 600 bytes by UDP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// How many.
    pub(crate) documents: u64,
    /// How many a second.
    pub(crate) rate: u32,
    /// How X-Ray answers.
    pub(crate) answers: Answers,
    /// Room for what is not sent yet, where it is not the daemon's own.
    pub(crate) buffer_mb: Option<u32>,
}

/// What came of a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Documents that did not arrive.
    pub(crate) lost: u64,
    /// Of these, datagrams that the kernel dropped before the daemon could read them.
    pub(crate) lost_in_kernel: u64,
    /// Processor time of the daemon for all of them.
    pub(crate) processor: Duration,
    /// The most memory it ever had.
    pub(crate) megabytes: f64,
}

impl Load {
    /// Puts it on a daemon of its own.
    pub(crate) async fn put_on(self, which: &Which) -> Outcome {
        let endpoint = Endpoint::start(self.answers).await;
        let daemon = Daemon::start(which, &endpoint.url, self.buffer_mb);
        let before = processor_time(daemon.pid());
        let address = daemon.address.clone();
        tokio::task::spawn_blocking(move || self.send(&address))
            .await
            .unwrap();
        let delivered = match self.answers {
            Answers::Never => 0,
            Answers::After(_) => endpoint.settled(self.documents).await,
        };
        let port = daemon.address.rsplit(':').next().unwrap().parse().unwrap();
        Outcome {
            lost: self.documents - delivered,
            lost_in_kernel: udp_dropped(port),
            processor: processor_time(daemon.pid()).saturating_sub(before),
            megabytes: megabytes(daemon.pid(), "VmHWM"),
        }
    }

    /// Sends it all, spinning: a sleep is too coarse for 8 microseconds.
    pub(crate) fn send(self, address: &str) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(address).unwrap();
        let gap = Duration::from_secs(1) / self.rate;
        let begin = Instant::now();
        for number in 0..self.documents {
            let datagram = datagram(number);
            while begin.elapsed() < gap * u32::try_from(number).unwrap() {
                std::hint::spin_loop();
            }
            socket.send(datagram.as_bytes()).unwrap();
        }
    }
}

/// One document; 20 of them make a trace.
fn datagram(number: u64) -> String {
    let head = format!(
        "{{\"name\":\"bench\",\"id\":\"{number:016x}\",\"trace_id\":\"1-6553f100-{:024x}\",\"parent_id\":\"00000000000000ff\",\"type\":\"subsegment\",\"start_time\":1700000000.0,\"end_time\":1700000001.0,\"metadata\":{{\"default\":{{\"text\":\"",
        number / 20
    );
    let filling = "x".repeat(DOCUMENT_BYTES - head.len() - 4);
    format!("{DOCUMENT_HEADER}{head}{filling}\"}}}}}}")
}
