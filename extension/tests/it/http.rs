//! A server of one function, for both fakes.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// A request whose body has been read.
pub(crate) type Request = http::Request<Bytes>;
pub(crate) type Response = http::Response<Full<Bytes>>;

/// What is done with a request; `None` breaks the connection.
pub(crate) trait Answer: Clone + Send + 'static {
    fn answer(self, request: Request) -> impl Future<Output = Option<Response>> + Send;

    /// Somebody connected.
    fn connected(&self) {}
}

/// Serves on a free port, until the test's runtime ends.
pub(crate) async fn serve(answer: impl Answer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            answer.connected();
            let answer = answer.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| respond(answer.clone(), request));
                let connection = hyper::server::conn::http1::Builder::new();
                let _ = connection
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    address
}

async fn respond(
    answer: impl Answer,
    request: http::Request<hyper::body::Incoming>,
) -> Result<Response, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(std::io::Error::other)?
        .to_bytes();
    let response = answer.answer(http::Request::from_parts(head, body)).await;
    response.ok_or_else(|| std::io::ErrorKind::ConnectionReset.into())
}

pub(crate) fn json(status: u16, body: &serde_json::Value) -> Response {
    let body = Full::new(Bytes::from(body.to_string()));
    http::Response::builder().status(status).body(body).unwrap()
}

/// Posts to `url` and waits for the answer's status line.
pub(crate) async fn post(port: u16, body: &str) -> Result<String, Infallible> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: sandbox.localdomain\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // The listener may turn a body away before it has read it all.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
