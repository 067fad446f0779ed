//! More than there is room for, and for longer.

use std::net::UdpSocket;

use end_to_end::{Mood, Trial, resident_megabytes};
use serde_json::json;
use xray_segment::datagram::DOCUMENT_HEADER;

use crate::{with_each_strategy, with_each_strategy_in, work, work_for};

/// What no flush had the time for goes with the next ones: invokes until one brings nothing but what the one before it made.
async fn invoke_until_sent(trial: &mut Trial) {
    let arrived = |trial: &Trial| trial.environment.xray.arrived().len();
    loop {
        let before = arrived(trial);
        trial.invoke(work_for(100)).await;
        if arrived(trial) <= before + 3 {
            return;
        }
    }
}

#[tokio::test]
async fn ten_thousand_documents_in_one_invocation() {
    with_each_strategy(async |mut trial, _| {
        let event = json!({"steps": [{"subsegment": "query"}], "repeat": 10_000});
        trial.invoke(event).await;
        invoke_until_sent(&mut trial).await;
        trial.end().await.is_whole();
    })
    .await;
}

#[tokio::test]
async fn more_at_once_than_the_kernel_has_room_for() {
    const BURST: usize = 50_000;
    with_each_strategy(async |mut trial, _| {
        trial.invoke(work()).await;
        // The environment is frozen: nobody reads.
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for number in 0..BURST {
            let document = json!({
                "name": "burst", "id": format!("{number:016x}"), "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
                "start_time": 1, "end_time": 2,
            });
            let datagram = format!("{DOCUMENT_HEADER}{document}");
            socket.send_to(datagram.as_bytes(), &trial.environment.address).unwrap();
        }
        trial.add(BURST);
        invoke_until_sent(&mut trial).await;
        let account = trial.end().await;
        let dropped = account.count("kernel_dropped");
        assert!(dropped > BURST / 10, "{account:#?}");
        // Notices of the function, as it opens subsegments, may have been dropped with the documents.
        let notices = account.distinct() + dropped - account.made;
        assert!(notices < 10, "{account:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_full_buffer() {
    with_each_strategy_in(
        |setup| setup.env("XRAY_EXTENSION_BUFFER_MB", "1"),
        async |mut trial, _| {
            let xray = trial.environment.xray.clone();
            xray.set_mood(Mood::Refusing(503));
            // Three times what there is room for, and of several traces.
            let large = json!({"steps": [{"subsegment": "large", "steps": [{"bytes": 50_000}]}], "repeat": 10});
            for _ in 0..6 {
                trial.invoke(large.clone()).await;
            }
            xray.set_mood(Mood::Good);
            let last = trial.invoke(work()).await;
            let environment = trial.environment.xray.clone();
            let account = trial.end().await;
            account.lost_some("evicted");
            assert!(account.count("evicted") >= account.made / 2, "{account:#?}");
            // The newest is what is kept.
            assert_eq!(environment.trace(last.trace_id().unwrap()).len(), 3);
        },
    )
    .await;
}

#[tokio::test]
async fn five_thousand_invocations_in_a_row() {
    const INVOCATIONS: usize = 5_000;
    // Until then pools, buffers and the heap find their sizes.
    const SETTLED: usize = 500;
    with_each_strategy(async |mut trial, _| {
        let mut settled = 0.0;
        for number in 0..INVOCATIONS {
            if number == SETTLED {
                settled = resident_megabytes(&trial.environment.address);
            }
            trial.invoke(work()).await;
        }
        let grown = resident_megabytes(&trial.environment.address) - settled;
        assert!(
            settled > 0.5 && grown < 1.0,
            "{grown} MB more than {settled} MB"
        );
        trial.end().await.is_whole();
    })
    .await;
}
