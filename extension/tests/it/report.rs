//! The report: at the end, and whenever somebody asks.

use std::net::UdpSocket;
use std::time::Duration;

use serde_json::Value;
use xray_segment::datagram::Datagram;

use crate::running::{Running, Setup};

/// Asks over the socket, as `xray-extension`'s neighbours may.
async fn ask(running: &Running) -> Value {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let socket = tokio::net::UdpSocket::from_std(socket).unwrap();
    socket
        .send_to(&Datagram::Report.to_bytes(), running.address())
        .await
        .unwrap();
    let mut answer = vec![0; 4000];
    let size = tokio::time::timeout(Duration::from_secs(20), socket.recv(&mut answer))
        .await
        .unwrap()
        .unwrap();
    let Datagram::Reported(report) = Datagram::parse(&answer[..size]).unwrap() else {
        return Value::Null;
    };
    serde_json::from_str(report).unwrap()
}

#[tokio::test]
async fn whoever_asks_over_the_socket_is_told_how_it_stands() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    running.document("one");
    running.send(b"nonsense");
    let report = ask(&running).await;
    assert_eq!(
        (&report["received"], &report["unsent"]),
        (&1.into(), &1.into())
    );
    assert_eq!(report["malformed"]["no header"], 1);
    assert!(
        report["peak_memory_kb"].as_u64().unwrap() > 1000,
        "{report}"
    );
    let report = running.shut_down().await;
    assert_eq!((report.sent, report.unsent), (1, 0));
}

#[tokio::test]
async fn a_signal_has_it_said() {
    let running = Setup::daemon().start().await;
    running.document("one");
    running.xray.stored(1).await;
    running.ask().await;
    running
        .said_in_time(&["\"message\":\"report\"", "\"received\":1", "\"sent\":"])
        .await;
    running.stop().await;
}

#[tokio::test]
async fn the_end_is_reported_also_when_nothing_was_lost() {
    let running = Setup::default().start().await;
    running.lambda.nexts(1).await;
    running.document("one");
    let lines = running.lines_later();
    running.shut_down().await;
    let lines = lines();
    let report: Vec<_> = lines
        .lines()
        .filter(|line| line.contains("\"message\":\"report\""))
        .collect();
    assert_eq!(report.len(), 1, "{lines}");
    assert!(report[0].contains("\"level\":\"INFO\"") && report[0].contains("\"sent\":1"));
}

#[tokio::test]
async fn what_the_kernel_drops_is_counted() {
    let running = Setup::daemon().start().await;
    // The agent has no turn while this loop runs, so that the kernel's buffer must overflow.
    let document = crate::running::document(&"x".repeat(20_000));
    let datagram = Datagram::Document(&document).to_bytes();
    let count = running.receive_buffer / datagram.len() + 200;
    for _ in 0..count {
        running.send(&datagram);
    }
    let report = running.stop().await;
    assert!(report.kernel_dropped > 0, "{report:?}");
    assert_eq!(report.received + report.kernel_dropped, count as u64);
    assert!(report.has_losses());
}
