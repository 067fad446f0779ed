//! Sampling rules through the TCP port: who asks X-Ray, and how often.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lambda_xray_extension::log::Log;
use lambda_xray_extension::proxy::{Proxy, Serving};
use lambda_xray_extension::settings::Config;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::http::{Answer, Request, Response, json, serve};

/// Answers with numbers: of the question, and of when the rules were changed.
#[derive(Clone, Debug, Default)]
struct FakeSampling {
    asked: Arc<Mutex<Vec<String>>>,
    changed: Arc<Mutex<f64>>,
}

impl Answer for FakeSampling {
    async fn answer(self, request: Request) -> Option<Response> {
        // Long enough for those who ask together.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut asked = self.asked.lock().unwrap();
        asked.push(request.uri().path().to_owned());
        let changed = *self.changed.lock().unwrap();
        Some(json(
            if request.body().as_ref() == b"bad" {
                400
            } else {
                200
            },
            &json!({"Number": asked.len(), "LastRuleModification": changed}),
        ))
    }
}

impl FakeSampling {
    fn asked(&self, path: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| *asked == path).count()
    }
}

async fn start() -> (FakeSampling, SocketAddr, Serving) {
    let sampling = FakeSampling::default();
    let endpoint = format!("http://{}", serve(sampling.clone()).await);
    let (config, _) = Config::read(|name| match name {
        "AWS_ENDPOINT_URL_XRAY" => Some(endpoint.clone()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        _ => None,
    });
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let proxy = Proxy::bind(address).unwrap();
    let log = Log::to(Box::new(std::io::sink()), false);
    (sampling, address, proxy.serve(config, log))
}

/// The answer's body.
async fn ask(address: SocketAddr, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn who_asks_for_rules_together_gets_one_answer() {
    let (sampling, address, _serving) = start().await;
    let mut asking = JoinSet::new();
    for _ in 0..8 {
        asking.spawn(ask(address, "/GetSamplingRules", "{}"));
    }
    let answers = asking.join_all().await;
    assert!(answers[0].contains("Number"));
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert_eq!(sampling.asked("/GetSamplingRules"), 1);
    // Another page is another question.
    ask(address, "/GetSamplingRules", r#"{"NextToken":"2"}"#).await;
    assert_eq!(sampling.asked("/GetSamplingRules"), 2);
}

#[tokio::test]
async fn targets_are_never_shared_and_tell_when_rules_must_be_asked_anew() {
    let (sampling, address, _serving) = start().await;
    ask(address, "/SamplingTargets", "{}").await;
    ask(address, "/SamplingTargets", "{}").await;
    assert_eq!(sampling.asked("/SamplingTargets"), 2);
    let first = ask(address, "/GetSamplingRules", "{}").await;
    ask(address, "/SamplingTargets", "{}").await;
    assert_eq!(ask(address, "/GetSamplingRules", "{}").await, first);
    *sampling.changed.lock().unwrap() = 1.0;
    ask(address, "/SamplingTargets", "{}").await;
    assert_ne!(ask(address, "/GetSamplingRules", "{}").await, first);
}

#[tokio::test]
async fn what_is_refused_is_asked_again() {
    let (sampling, address, _serving) = start().await;
    for _ in 0..2 {
        ask(address, "/GetSamplingRules", "bad").await;
    }
    assert_eq!(sampling.asked("/GetSamplingRules"), 2);
}
