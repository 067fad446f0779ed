//! Calls of `reqwest`, against a server on a real socket.

use lambda_xray::http::TraceMiddleware;
use lambda_xray::{FutureExt, subsegment};
use reqwest::Client;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::{Value, json};

use crate::http::{Refusing, Server, sent_by};
use crate::receiver::{Came, named};
use crate::world::{ROOT, context, invoke, traced, welcomed};

fn client() -> ClientWithMiddleware {
    let client = ClientBuilder::new(Client::new());
    client.with(TraceMiddleware::new()).build()
}

async fn status(url: &str) -> u16 {
    client().get(url).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_call_is_a_remote_subsegment_and_the_callee_its_child() {
    let server = Server::start().await;
    let documents = traced(|| async {
        let url = server.url("/200?token=s3cret");
        let url = url.replace("//", "//ada:s3cret@");
        let call = client().post(url).header("X-Amzn-Trace-Id", "Root=1-old");
        let page = subsegment("page");
        call.send().in_subsegment(page).await.unwrap();
    })
    .await;
    let call = named(&documents, "127.0.0.1");
    assert_eq!(call["namespace"], "remote");
    assert_eq!(call["parent_id"], named(&documents, "page")["id"]);
    let http = json!({
        "request": {"method": "POST", "url": server.url("/200")},
        "response": {"status": 200, "content_length": 5},
    });
    assert_eq!(call["http"], http);
    assert_eq!(server.came("/200"), [sent_by(call)]);
}

#[tokio::test]
async fn the_status_sets_the_flags() {
    let server = Server::start().await;
    for (code, flags) in [
        (404, [true, false, false]),
        (429, [true, true, false]),
        (500, [false, false, true]),
    ] {
        let url = &server.url(&format!("/{code}"));
        let documents = traced(|| async { assert_eq!(status(url).await, code) }).await;
        let call = named(&documents, "127.0.0.1");
        let said = ["error", "throttle", "fault"].map(|flag| call[flag] == true);
        assert_eq!(said, flags, "{code}");
    }
}

#[tokio::test]
async fn an_error_is_told_without_its_url_and_returned_with_it() {
    let refusing = Refusing::bind();
    let url = refusing.url("/a?token=s3cret");
    let documents = traced(|| async {
        let error = client().get(&url).send().await.unwrap_err();
        assert_eq!(error.url().unwrap().as_str(), url);
    })
    .await;
    let call = named(&documents, "127.0.0.1");
    assert_eq!(call["fault"], true);
    let exceptions = call["cause"]["exceptions"].as_array().unwrap();
    assert_eq!(exceptions[0]["message"], "error sending request");
    assert_eq!(exceptions.last().unwrap()["type"], "std::io::Error");
    assert!(!call.to_string().contains("s3cret"));
}

#[tokio::test]
async fn where_nothing_is_recorded_the_header_goes_on_as_it_came() {
    let server = Server::start().await;
    let (receiver, layer) = welcomed();
    let header = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:1|b:2");
    let url = &server.url("/a");
    let answer = invoke(&layer, context("r1", Some(&header)), |_| async move {
        status(url).await;
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert_eq!(server.came("/a"), [header]);
    assert_eq!(receiver.came(), [Came::End("r1".to_owned())]);
    status(&server.url("/none")).await;
    assert!(server.came("/none").is_empty());
}
