//! How many documents a second the local X-Ray keeps, and how many `moto_server` does, asked by the same client in the same run.
//!
//! `moto_server` holds them in memory and does not look at them; the local X-Ray has them on disk when it answers.

use std::net::SocketAddr;
use std::time::Instant;

use end_to_end::{LocalXRay, Moto, post_to_xray, python};
use serde_json::{Value, json};

use crate::Row;

/// As an SDK's daemon sends them.
const BATCH: usize = 50;

/// Calls at once.
const CLIENTS: usize = 4;

/// Documents in all; the peer takes a tenth of them, or it would take minutes.
const DOCUMENTS: usize = 40_000;

/// Ours, and the peer where it is installed (by `cargo xtask test`).
pub(crate) async fn measure() -> Vec<Row> {
    let xray = LocalXRay::start().await;
    let address = xray.url().strip_prefix("http://").unwrap_or_default();
    let ours = rate(address.parse().unwrap(), DOCUMENTS).await;
    let what = "local: documents a second, PutTraceSegments of 50";
    let mut rows = vec![Row::new(what, format!("{ours:.0}"), "30000")];
    if let Some(python) = python() {
        let moto = Moto::start(&python).await;
        let url = moto.url();
        let address = url.strip_prefix("http://").unwrap_or_default();
        let peer = rate(address.parse().unwrap(), DOCUMENTS / 10).await;
        rows.push(Row::new("    moto_server", format!("{peer:.0}"), ""));
        let share = format!("{:.1} %", 100.0 * peer / ours);
        rows.push(Row::new("    its share of ours", share, ""));
    }
    rows
}

async fn rate(address: SocketAddr, documents: usize) -> f64 {
    let each = documents / CLIENTS / BATCH;
    let batches: Vec<Vec<Value>> = (0..CLIENTS)
        .map(|client| {
            (0..each)
                .map(|number| batch(client * each + number))
                .collect()
        })
        .collect();
    let start = Instant::now();
    let clients = batches.into_iter().map(|batches| {
        tokio::spawn(async move {
            for batch in batches {
                let answer = post_to_xray(address, "/TraceSegments", &batch).await;
                assert_eq!(answer["UnprocessedTraceSegments"], json!([]), "{answer}");
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let count = u32::try_from(CLIENTS * each * BATCH).unwrap();
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// Documents of some 600 bytes, each of a trace of its own.
fn batch(number: usize) -> Value {
    let documents = (0..BATCH).map(|place| {
        let at = number * BATCH + place + 1;
        let document = json!({
            "name": "shop", "id": format!("{at:016x}"), "trace_id": format!("1-65000000-{at:024x}"),
            "start_time": 1_694_498_816.0, "end_time": 1_694_498_816.25, "origin": "AWS::ECS::Container",
            "http": { "request": { "method": "GET", "url": "https://shop.example.com/orders" }, "response": { "status": 200 } },
            "annotations": { "order": at.to_string(), "tier": "free" },
            "metadata": { "default": { "cart": "x".repeat(150) } },
            "service": { "version": "1.0.0" },
        });
        document.to_string()
    });
    json!({ "TraceSegmentDocuments": documents.collect::<Vec<_>>() })
}
