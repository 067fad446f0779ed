//! Any bytes, through the real socket: counted, said once, and harmless to their neighbours.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use xray_segment::datagram::{DOCUMENT_HEADER, Datagram};

use crate::running::{Running, Setup, document};

#[tokio::test]
async fn every_kind_is_counted_and_said_once_with_its_size() {
    let running = Setup::daemon().start().await;
    let whole = document("whole");
    let cut = &whole[..whole.len() - 10];
    let largest = vec![b'x'; 65_507];
    let hostile: [(&str, &[u8]); 7] = [
        ("no header", b""),
        ("no header", b"no document"),
        ("bad header", b"{\"format\":\"json\",\"version\":2}\n{}"),
        ("no document", DOCUMENT_HEADER.as_bytes()),
        (
            "not UTF-8",
            b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"\xff\xfe\"}",
        ),
        (
            "not JSON",
            format!("{DOCUMENT_HEADER}{cut}").leak().as_bytes(),
        ),
        ("no header", &largest),
    ];
    for (number, (_, bytes)) in hostile.iter().enumerate() {
        running.document(&format!("neighbour {number}"));
        running.send(bytes);
    }
    running.xray.stored(hostile.len()).await;
    assert!(
        running.said(&["0 bytes"]) && running.said(&["not UTF-8"]),
        "{}",
        running.lines()
    );
    let lines = running.lines();
    let report = running.stop().await;
    for (kind, count) in [
        ("no header", 3),
        ("bad header", 1),
        ("no document", 1),
        ("not UTF-8", 1),
        ("not JSON", 1),
    ] {
        assert_eq!(
            report.malformed.get(kind),
            Some(&count),
            "{kind}: {report:?}"
        );
    }
    assert_eq!(
        lines
            .lines()
            .filter(|line| line.contains("is no document"))
            .count(),
        5
    );
}

#[tokio::test]
async fn the_largest_datagram_there_is_arrives_whole() {
    let running = Setup::daemon().start().await;
    let name = "x".repeat(65_507 - DOCUMENT_HEADER.len() - document("").len());
    let datagram = Datagram::Document(&document(&name)).to_bytes();
    assert_eq!(datagram.len(), 65_507);
    running.send(&datagram);
    running.xray.stored(1).await;
    assert_eq!(running.xray.names(), [name]);
}

#[tokio::test]
async fn an_array_of_subsegments_is_a_document_too() {
    let running = Setup::daemon().start().await;
    running.send(format!("{DOCUMENT_HEADER}[{}]", document("within")).as_bytes());
    running.document("after");
    let report = running.stop().await;
    assert_eq!((report.received, report.malformed.len()), (2, 0));
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        any::<String>(),
        any::<String>().prop_map(|body| format!("{DOCUMENT_HEADER}{body}")),
        any::<String>().prop_map(|kind| format!("{{\"format\":\"xray-extension\",\"version\":1,\"kind\":{kind:?}}}\n{{}}")),
        any::<String>().prop_map(|id| format!("{{\"format\":\"xray-extension\",\"version\":1,\"kind\":\"end\"}}\n{{\"request_id\":{id:?}}}")),
        any::<u64>().prop_map(|id| format!("{{\"format\":\"xray-extension\",\"version\":1,\"kind\":\"open\"}}\n{{\"id\":\"{id:016x}\"}}")),
    ];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..3000),
        text.prop_map(String::into_bytes)
    ]
}

async fn feed(running: &Running, hostile: &[Vec<u8>]) {
    for (number, bytes) in hostile.iter().enumerate() {
        running.document(&format!("n{number}"));
        running.send(bytes);
    }
    running.xray.stored(hostile.len()).await;
}

#[test]
fn no_bytes_stop_it_or_cost_a_neighbour() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(60));
    let tested = runner.run(&prop::collection::vec(bytes(), 1..40), |hostile| {
        runtime.block_on(async {
            let running = Setup::daemon().start().await;
            feed(&running, &hostile).await;
            let neighbours = |name: &String| name.starts_with('n');
            let names = running.xray.names();
            prop_assert!(names.iter().filter(|name| neighbours(name)).count() >= hostile.len());
            Ok(())
        })
    });
    tested.unwrap();
}
