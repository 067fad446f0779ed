//! What a subsegment costs: nanoseconds to open one, annotate it twice and close it.
//!
//! `cargo run --release -p lambda-xray --example hot_path`. "without the send" goes to an address that no socket
//! can be connected to, so all is done up to the system call; "and sent" goes to a socket of this process that nobody reads.

use std::hint::black_box;
use std::io::Write;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use lambda_runtime::tower::Layer;
use lambda_runtime::{Context, Error, LambdaEvent, Service, service_fn};
use lambda_xray::{XrayLayer, subsegment};
use xray_segment::datagram::Datagram;

const ROUNDS: u32 = 200_000;
const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const UNSAMPLED: &str =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sink = UdpSocket::bind("127.0.0.1:0")?;
    let sink = sink.local_addr()?.to_string();
    // Connecting to the broadcast address is forbidden, so there is no socket.
    let nowhere = "255.255.255.255:2000";
    let mut out = std::io::stdout();
    let start = Instant::now();
    let made = layer(&sink);
    writeln!(
        out,
        "{:<28} {:>8.1} us",
        "made at init",
        start.elapsed().as_secs_f64() * 1e6
    )?;
    drop(made);
    for (what, header) in [("sampled", SAMPLED), ("unsampled", UNSAMPLED)] {
        // A socket for each: the datagrams nobody reads fill it.
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let (first, median) = invocations(&socket, header).await?;
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        writeln!(
            out,
            "an invocation, {what:<13} {:>8.1} us, the first {:.1} us",
            micros(median),
            micros(first)
        )?;
    }
    for (what, address, header) in [
        ("sampled, without the send", nowhere, SAMPLED),
        ("sampled, and sent", &sink, SAMPLED),
        ("unsampled", &sink, UNSAMPLED),
    ] {
        let best = measure(address, header).await?;
        writeln!(
            out,
            "{what:<28} {:>8.1} ns",
            best.as_secs_f64() * 1e9 / f64::from(ROUNDS)
        )?;
    }
    Ok(())
}

fn layer(address: &str) -> XrayLayer {
    let address = address.to_owned();
    XrayLayer::from_lookup(move |name| (name == "XRAY_EXTENSION_ADDRESS").then(|| address.clone()))
}

/// An invocation with nothing in it: the first, and the median.
async fn invocations(sink: &UdpSocket, header: &str) -> Result<(Duration, Duration), Error> {
    let layer = layer(&sink.local_addr()?.to_string());
    welcome(sink)?;
    let mut service = layer.layer(service_fn(|_: LambdaEvent<()>| async {
        Ok::<_, Error>(())
    }));
    let mut took = Vec::new();
    for _ in 0..10_000 {
        let event = LambdaEvent::new((), invocation(header));
        let start = Instant::now();
        service.call(event).await?;
        took.push(start.elapsed());
    }
    let first = took.first().copied().unwrap_or_default();
    took.sort();
    Ok((first, took.get(took.len() / 2).copied().unwrap_or_default()))
}

/// Answers the hello as the extension does.
fn welcome(sink: &UdpSocket) -> Result<(), Error> {
    let mut buffer = [0; 512];
    loop {
        let (length, from) = sink.recv_from(&mut buffer)?;
        if let Ok(Datagram::Hello) = Datagram::parse(buffer.get(..length).unwrap_or_default()) {
            let version = "0.1.0".into();
            sink.send_to(&Datagram::Welcome { version }.to_bytes(), from)?;
            return Ok(());
        }
    }
}

fn invocation(header: &str) -> Context {
    let mut context = Context::default();
    context.xray_trace_id = Some(header.to_owned());
    context
}

/// The quickest of five runs: the others were disturbed.
async fn measure(address: &str, header: &str) -> Result<Duration, Error> {
    let mut service = layer(address).layer(service_fn(|_: LambdaEvent<()>| async {
        let start = Instant::now();
        for number in 0..ROUNDS {
            let charge = subsegment(black_box("charge"));
            charge.annotate("order", black_box("42"));
            charge.annotate("amount", black_box(number));
        }
        Ok::<_, Error>(start.elapsed())
    }));
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let event = LambdaEvent::new((), invocation(header));
        best = best.min(service.call(event).await?);
    }
    Ok(best)
}
