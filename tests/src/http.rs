//! A request by hand: what a client library would add is what some tests are about.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Posts JSON and returns the JSON answered.
pub async fn post(address: SocketAddr, path: &str, body: &Value) -> Value {
    let answer = send(
        address,
        path,
        "Content-Type: application/json",
        &body.to_string(),
    )
    .await;
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}"))
}

/// Posts JSON to X-Ray, signed by nobody: `moto_server` learns from the header which service is asked.
pub async fn post_to_xray(address: SocketAddr, path: &str, body: &Value) -> Value {
    let headers = "Content-Type: application/json\r\nAuthorization: AWS4-HMAC-SHA256 Credential=any/20260101/eu-central-1/xray/aws4_request, SignedHeaders=host, Signature=0";
    let answer = send(address, path, headers, &body.to_string()).await;
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}"))
}

/// Posts text with these headers (a line each) and returns the body of the answer, whatever its status.
pub(crate) async fn send(address: SocketAddr, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    exchange(address, &request).await.1
}

/// Gets a path with this header, and returns head and body of the answer.
pub async fn get(address: SocketAddr, path: &str, header: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n{header}\r\n\r\n");
    exchange(address, &request).await
}

async fn exchange(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
