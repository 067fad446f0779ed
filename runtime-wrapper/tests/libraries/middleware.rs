//! `reqwest-tracing` around a client.

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_tracing::{DefaultSpanBackend, SpanBackendWithUrl, TracingMiddleware};

use super::*;
use crate::http::Server;

fn with_url() -> ClientWithMiddleware {
    let client = ClientBuilder::new(reqwest::Client::new());
    client
        .with(TracingMiddleware::<SpanBackendWithUrl>::new())
        .build()
}

fn without_url() -> ClientWithMiddleware {
    let client = ClientBuilder::new(reqwest::Client::new());
    client
        .with(TracingMiddleware::<DefaultSpanBackend>::new())
        .build()
}

async fn call(client: ClientWithMiddleware, url: &str) -> Value {
    let documents = emitted(|| async {
        let _ = client.get(format!("{url}?token=s3cret")).send().await;
    })
    .await;
    assert!(
        !format!("{documents:?}").contains("s3cret"),
        "{documents:#?}"
    );
    let call = named(&documents, "127.0.0.1").clone();
    assert_eq!(call["namespace"], "remote");
    call
}

#[tokio::test]
async fn is_a_call_to_a_host() {
    let server = Server::start().await;
    let fine = call(with_url(), &server.url("/200")).await;
    let http = json!({"request": {"method": "GET", "url": server.url("/200")}, "response": {"status": 200}});
    assert_eq!(fine["http"], http);
    assert_eq!(fine["metadata"]["default"]["span"], "GET");
    assert_eq!(flags(&fine), FINE);
    let place = call(without_url(), &server.url("/200")).await;
    let url = server.url("");
    assert_eq!(place["http"]["request"]["url"], url.trim_end_matches('/'));
    // It says that it failed before it says the status.
    assert_eq!(flags(&call(with_url(), &server.url("/404")).await), ERROR);
    assert_eq!(flags(&call(with_url(), &server.url("/500")).await), FAULT);
}

#[tokio::test]
async fn says_why_there_is_no_answer() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let refused = call(with_url(), &url).await;
    assert_eq!(flags(&refused), FAULT);
    let said = format!("error sending request for url ({url})");
    assert!(
        message(&refused).as_str().unwrap().contains(&said),
        "{refused:#}"
    );
    let chain = &refused["metadata"]["default"]["error.cause_chain"];
    assert!(
        chain.as_str().unwrap().contains("ConnectionRefused"),
        "{refused:#}"
    );
}
