//! How many documents a second the extension takes and delivers, as a daemon.

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use end_to_end::{Program, free_udp_address};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::net::TcpListener;
use xray_segment::datagram::Datagram;

use crate::Row;
use crate::process::{megabytes, processor_time, udp_bound};

const DOCUMENTS: u64 = 200_000;
const DOCUMENT_BYTES: usize = 600;

/// Delivered at the rates of the budgets, with the processor time and the memory it took.
pub(crate) async fn measure() -> Vec<Row> {
    let mut rows = Vec::new();
    for (rate, delay, budget) in [
        (20_000, 0, "none lost; 0.65 s per 100,000"),
        (60_000, 0, "none lost in 5 runs"),
        (120_000, 0, "0.1 % lost at most"),
        (30_000, 20, "none lost"),
    ] {
        for _ in 0..if rate == 60_000 { 5 } else { 1 } {
            let run = run(rate, Duration::from_millis(delay)).await;
            let backend = if delay == 0 {
                String::new()
            } else {
                format!(", X-Ray answers after {delay} ms")
            };
            rows.push(Row::new(
                format!("{rate} documents of 600 bytes a second{backend}: lost; CPU; memory"),
                format!(
                    "{} ({:.3} %); {:.2} s; {:.0} MB",
                    DOCUMENTS - run.delivered,
                    percent(DOCUMENTS - run.delivered),
                    run.processor.as_secs_f64() * 1e5 / as_float(DOCUMENTS),
                    run.memory
                ),
                budget,
            ));
        }
    }
    rows
}

fn percent(lost: u64) -> f64 {
    as_float(lost) * 100.0 / as_float(DOCUMENTS)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}

struct Run {
    delivered: u64,
    processor: Duration,
    memory: f64,
}

async fn run(rate: u32, delay: Duration) -> Run {
    let endpoint = Endpoint::start(delay).await;
    let address = free_udp_address();
    let mut daemon = start_daemon(&address, &endpoint.url);
    let pid = daemon.id();
    let before = processor_time(pid);
    let target = address.clone();
    tokio::task::spawn_blocking(move || send(&target, rate))
        .await
        .unwrap();
    let delivered = endpoint.settled().await;
    let run = Run {
        delivered,
        processor: processor_time(pid).saturating_sub(before),
        memory: megabytes(pid, "VmHWM"),
    };
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    run
}

fn start_daemon(address: &str, endpoint: &str) -> Child {
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    let daemon = Command::new(Program::Extension.path())
        .env_clear()
        .env("XRAY_EXTENSION_ADDRESS", address)
        .env("AWS_ENDPOINT_URL_XRAY", endpoint)
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "any")
        .env("AWS_SECRET_ACCESS_KEY", "any")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !udp_bound(port) {}
    daemon
}

/// Sends at an even rate, spinning: a sleep is too coarse for 8 microseconds.
fn send(address: &str, rate: u32) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(address).unwrap();
    let gap = Duration::from_secs(1) / rate;
    let begin = Instant::now();
    for number in 0..DOCUMENTS {
        let datagram = document(number);
        while begin.elapsed() < gap * u32::try_from(number).unwrap() {
            std::hint::spin_loop();
        }
        socket.send(&datagram).unwrap();
    }
}

/// A document of 600 bytes; 20 of them make a trace.
fn document(number: u64) -> Vec<u8> {
    let head = format!(
        "{{\"name\":\"bench\",\"id\":\"{number:016x}\",\"trace_id\":\"1-6553f100-{:024x}\",\"parent_id\":\"00000000000000ff\",\"type\":\"subsegment\",\"start_time\":1700000000.0,\"end_time\":1700000001.0,\"metadata\":{{\"default\":{{\"text\":\"",
        number / 20
    );
    let filling = "x".repeat(DOCUMENT_BYTES - head.len() - 4);
    Datagram::Document(&format!("{head}{filling}\"}}}}}}")).to_bytes()
}

/// An X-Ray that counts, and does as little else as it can.
struct Endpoint {
    url: String,
    delivered: Arc<AtomicU64>,
}

impl Endpoint {
    async fn start(delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let delivered = Arc::new(AtomicU64::new(0));
        let router = Router::new()
            .fallback(count)
            .with_state((Arc::clone(&delivered), delay));
        let router = router.layer(axum::extract::DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, delivered }
    }

    /// What was delivered, once nothing more comes.
    async fn settled(&self) -> u64 {
        let mut last = (self.delivered.load(Ordering::Relaxed), Instant::now());
        while last.0 < DOCUMENTS && last.1.elapsed() < Duration::from_secs(4) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let now = self.delivered.load(Ordering::Relaxed);
            if now != last.0 {
                last = (now, Instant::now());
            }
        }
        last.0
    }
}

#[derive(Deserialize)]
struct Put {
    #[serde(rename = "TraceSegmentDocuments", default)]
    documents: Vec<IgnoredAny>,
}

async fn count(
    State((delivered, delay)): State<(Arc<AtomicU64>, Duration)>,
    body: Bytes,
) -> &'static str {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if let Ok(put) = serde_json::from_slice::<Put>(&body) {
        delivered.fetch_add(put.documents.len() as u64, Ordering::Relaxed);
    }
    "{\"UnprocessedTraceSegments\":[]}"
}
