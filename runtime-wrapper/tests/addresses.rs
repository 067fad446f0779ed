//! Where documents go: to our extension, to another daemon, or to whoever listens; and that none is lost to the question.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicUsize, Ordering};

use lambda_runtime::{Error, LambdaEvent};
use lambda_xray::{XrayLayer, subsegment};
use serde_json::Value;

use crate::receiver::{Came, Receiver};
use crate::world::{SAMPLED, context, invoke, layer};

/// Three documents an invocation.
async fn work(_: LambdaEvent<Value>) -> Result<Value, Error> {
    drop(subsegment("one"));
    drop(subsegment("two"));
    Ok(Value::Null)
}

async fn run(layer: &XrayLayer) {
    let sampled = context("r1", Some(SAMPLED));
    invoke(layer, sampled, work).await.unwrap();
}

/// Documents, and whether there was a notice of ours among them.
fn count(receiver: &Receiver) -> (usize, bool) {
    let came = receiver.came();
    let documents = came.iter().filter(|came| matches!(came, Came::Document(_)));
    let notice = |came: &Came| matches!(came, Came::Open(_) | Came::End(_));
    (documents.count(), came.iter().any(notice))
}

/// An address on loopback where nobody listens.
fn nobody() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().to_string()
}

fn layer_of(extension: &str, daemon: &str) -> XrayLayer {
    layer(&[
        ("XRAY_EXTENSION_ADDRESS", extension),
        ("AWS_XRAY_DAEMON_ADDRESS", daemon),
    ])
}

#[tokio::test]
async fn an_extension_that_answers_gets_everything() {
    let (extension, daemon) = (Receiver::bind(), Receiver::bind());
    let layer = layer_of(&extension.address(), &daemon.address());
    extension.welcome();
    run(&layer).await;
    assert_eq!(count(&extension), (3, true));
    assert_eq!(count(&daemon), (0, false));
}

#[tokio::test]
async fn where_nobody_listens_the_daemon_gets_every_document_and_no_notice() {
    let daemon = Receiver::bind();
    let both = format!("tcp:{0} udp:{0}", daemon.address());
    let layer = layer_of(&nobody(), &both);
    for _ in 0..2 {
        run(&layer).await;
        assert_eq!(count(&daemon), (3, false));
    }
}

#[tokio::test]
async fn whoever_listens_without_answering_is_not_relied_on() {
    let (silent, daemon) = (Receiver::bind(), Receiver::bind());
    let layer = layer_of(&silent.address(), &daemon.address());
    for _ in 0..2 {
        run(&layer).await;
        assert_eq!(count(&daemon), (3, false));
    }
    assert!(!count(&silent).1);
}

#[tokio::test]
async fn where_no_daemon_is_known_whoever_listens_gets_the_documents() {
    let plain = Receiver::bind();
    let layer = layer(&[("XRAY_EXTENSION_ADDRESS", &plain.address())]);
    for _ in 0..2 {
        run(&layer).await;
        assert_eq!(count(&plain), (3, false));
    }
}

#[tokio::test]
async fn an_answer_that_comes_late_counts() {
    let (extension, daemon) = (Receiver::bind(), Receiver::bind());
    let layer = layer_of(&extension.address(), &daemon.address());
    // The hello waits in the socket; what was sent with it is read after the answer.
    run(&layer).await;
    assert_eq!(count(&daemon), (3, false));
    extension.welcome();
    assert_eq!(count(&extension), (3, false));
    run(&layer).await;
    assert_eq!(count(&extension), (3, true));
    assert_eq!(count(&daemon), (0, false));
}

#[tokio::test]
async fn many_documents_before_the_answer_are_not_lost() {
    let (silent, daemon) = (Receiver::bind(), Receiver::bind());
    let layer = layer_of(&silent.address(), &daemon.address());
    let came = AtomicUsize::new(0);
    // Read as they come: a socket holds some hundred kB.
    let read = || {
        silent.came();
        came.fetch_add(count(&daemon).0, Ordering::Relaxed);
    };
    let many = |_| async {
        for _ in 0..20 {
            subsegment("big").metadata("blob", "x".repeat(20_000));
            read();
        }
        Ok(Value::Null)
    };
    let sampled = context("r1", Some(SAMPLED));
    invoke(&layer, sampled, many).await.unwrap();
    read();
    assert_eq!(came.into_inner(), 21);
}

#[tokio::test]
async fn without_anybody_the_function_runs_on() {
    let layer = layer(&[("XRAY_EXTENSION_ADDRESS", &nobody())]);
    for _ in 0..3 {
        run(&layer).await;
    }
}
