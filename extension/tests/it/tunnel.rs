//! X-Ray behind an HTTP proxy that is the only one to know where it is.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::fake_xray::FakeXRay;
use crate::running::Setup;
use crate::tls;

/// Knows one host, by whatever name it is asked for, and wants a login.
#[derive(Clone, Debug)]
struct FakeProxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl FakeProxy {
    async fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            heads: Arc::default(),
        };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream, port));
            }
        });
        proxy
    }

    async fn serve(self, mut stream: TcpStream, port: u16) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await.unwrap() == 0 {
                return;
            }
        }
        let head = String::from_utf8(head).unwrap();
        let is_known = head.contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n");
        self.heads.lock().unwrap().push(head);
        if !is_known {
            let _ = stream.write_all(b"HTTP/1.1 407 Who are you\r\n\r\n").await;
            return;
        }
        // In two parts, as a slow one would.
        stream.write_all(b"HTTP/1.1 200 Conn").await.unwrap();
        tokio::task::yield_now().await;
        stream
            .write_all(b"ected\r\nVia: test\r\n\r\n")
            .await
            .unwrap();
        let mut inner = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// An X-Ray that has a name which no name server knows, and the proxy before it.
async fn behind() -> (FakeXRay, FakeProxy, Setup) {
    let xray = FakeXRay::start().await;
    let proxy = FakeProxy::start(tls::wrap(xray.address.unwrap()).await).await;
    let setup = Setup::daemon()
        .set("AWS_ENDPOINT_URL_XRAY", "https://xray.test")
        .set("AWS_CA_BUNDLE", &tls::file("ca.pem"));
    (xray, proxy, setup)
}

#[tokio::test]
async fn calls_with_https_go_through_the_proxy_and_are_encrypted_to_the_end() {
    let (xray, proxy, setup) = behind().await;
    let url = format!("http://user:secret@{}", proxy.address);
    let running = setup.set("HTTPS_PROXY", &url).start().await;
    running.document("one");
    xray.stored(1).await;
    let heads = proxy.heads();
    assert!(
        heads[0].starts_with("CONNECT xray.test:443 HTTP/1.1\r\nHost: xray.test:443\r\n"),
        "{heads:?}"
    );
    assert_eq!(running.stop().await.sent, 1);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_said_without_the_login() {
    let (xray, proxy, setup) = behind().await;
    let url = format!("http://user:wrong@{}", proxy.address);
    let running = setup.set("HTTPS_PROXY", &url).start().await;
    running.document("one");
    running
        .said_in_time(&["makes no connection: HTTP/1.1 407 Who are you"])
        .await;
    assert!(!running.lines().contains("wrong"));
    let report = running.stop().await;
    assert_eq!((report.unsent, xray.calls()), (1, 0));
}

#[tokio::test]
async fn no_proxy_keeps_calls_off_it() {
    let (_xray, proxy, setup) = behind().await;
    let running = setup
        .set("HTTPS_PROXY", &proxy.address.to_string())
        .set("NO_PROXY", "example.com,.test")
        .start()
        .await;
    running.document("one");
    running
        .said_in_time(&["https://xray.test", "cannot be reached"])
        .await;
    assert_eq!(proxy.heads(), [""; 0]);
    assert_eq!(running.stop().await.unsent, 1);
}
