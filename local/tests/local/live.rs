//! `GET /live`: who watches is told that there is something new, and is no burden at the end.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::documents::segment;
use crate::service::Service;

/// Nothing takes so long unless it never comes.
const PATIENCE: Duration = Duration::from_secs(10);

async fn watch(service: &Service) -> (u16, Incoming) {
    let stream = TcpStream::connect(service.running.addr()).await.unwrap();
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("/live")
        .header("Host", service.running.addr().to_string())
        .body(Full::<Bytes>::default())
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    (answer.status().as_u16(), answer.into_body())
}

/// What comes next; `None` at the end.
async fn event(events: &mut Incoming) -> Option<String> {
    let frame = timeout(PATIENCE, events.frame()).await.unwrap()?;
    let bytes = frame.unwrap().into_data().unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn traces_that_come_are_told() {
    let service = Service::start().await;
    let (status, mut events) = watch(&service).await;
    assert_eq!(status, 200);
    for id in ["1000000000000001", "1000000000000002"] {
        let document = segment(id, "web", (0.0, 0.5), json!({}));
        service.put(&[document]).await;
    }
    // One event where the two came close together, as they do, and never more than there were changes.
    let mut told = event(&mut events).await.unwrap();
    if told == "event: traces\ndata: 1\n\n" {
        told = event(&mut events).await.unwrap();
    }
    assert_eq!(told, "event: traces\ndata: 2\n\n");
}

#[tokio::test]
async fn an_end_does_not_wait_for_those_who_watch() {
    let service = Service::start().await;
    let (_, mut events) = watch(&service).await;
    let closing = service.running.close();
    timeout(xray_local::limits::CLOSE_TIME, closing)
        .await
        .unwrap();
    assert_eq!(event(&mut events).await, None);
}

#[tokio::test]
async fn so_many_may_watch_and_one_more_when_one_has_left() {
    let service = Service::start().await;
    let mut watching = Vec::new();
    for _ in 0..xray_local::limits::WATCHERS {
        watching.push(watch(&service).await);
    }
    assert_eq!(watch(&service).await.0, 429);
    watching.pop();
    let again = async {
        while watch(&service).await.0 != 200 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, again).await.unwrap();
}
