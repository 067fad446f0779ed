//! Bytes from outside that are no documents.

use std::net::UdpSocket;

use end_to_end::Environment;
use serde_json::json;
use xray_segment::datagram::DOCUMENT_HEADER;

#[tokio::test]
async fn bad_datagrams_are_said_and_cost_their_neighbours_nothing() {
    let mut environment = Environment::start().await;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let send = |bytes: &[u8]| socket.send_to(bytes, &environment.address).unwrap();
    let document = |id: u8| {
        format!(
            "{DOCUMENT_HEADER}{{\"name\":\"neighbour\",\"id\":\"00000000000000{id:02x}\",\"type\":\"subsegment\",\"parent_id\":\"53995c3f42cd8ad8\",\"trace_id\":\"1-5759e988-bd862e3fe1be46a994272793\",\"start_time\":1,\"end_time\":2}}"
        )
    };
    let whole = document(9);
    let largest = vec![b'x'; 65_507];
    let hostile: [&[u8]; 7] = [
        b"",
        b"no document",
        b"{\"format\":\"json\",\"version\":2}\n{}",
        b"{\"format\":\"json\",\"version\":1}\n",
        b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"\xff\xfe\"}",
        &whole.as_bytes()[..whole.len() - 10],
        &largest,
    ];
    for (number, bytes) in (0..).zip(hostile) {
        send(document(number).as_bytes());
        send(bytes);
    }
    let invocation = environment.invoke(json!({})).await;
    assert!(invocation.is_success());
    let arrived = environment.xray.arrived();
    let neighbours = arrived
        .iter()
        .filter(|document| document.text("name") == "neighbour")
        .count();
    assert_eq!(neighbours, hostile.len());
    assert_eq!(environment.documents(&invocation).len(), 1);
    // Once for each kind, with the size of the first of it.
    for bytes in ["0 bytes", "32 bytes", "30 bytes", "43 bytes", "192 bytes"] {
        assert!(
            environment.said(&["WARN", bytes]),
            "{bytes}: {:#?}",
            environment.sandbox.logs()
        );
    }
}
