//! X-Ray over TLS, with an authority of the test's own; its certificates are valid for a hundred years.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::running::Setup;

pub(crate) fn file(name: &str) -> String {
    format!("{}/tests/it/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Takes TLS off and passes on to `inner`; the port.
pub(crate) async fn wrap(inner: SocketAddr) -> u16 {
    let chain = CertificateDer::pem_file_iter(file("server.pem"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = builder
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust us ends the handshake.
                if let Ok(mut outer) = acceptor.accept(stream).await {
                    let mut inner = TcpStream::connect(inner).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn an_authority_from_a_bundle_is_trusted() {
    for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        let xray = crate::fake_xray::FakeXRay::start().await;
        let port = wrap(xray.address.unwrap()).await;
        let running = Setup::daemon()
            .set(
                "AWS_ENDPOINT_URL_XRAY",
                &format!("https://localhost:{port}"),
            )
            .set(variable, &file("ca.pem"))
            .start()
            .await;
        running.document("one");
        xray.stored(1).await;
    }
}

#[tokio::test]
async fn an_authority_that_nobody_knows_is_not_and_this_is_said() {
    let xray = crate::fake_xray::FakeXRay::start().await;
    let port = wrap(xray.address.unwrap()).await;
    let running = Setup::daemon()
        .set(
            "AWS_ENDPOINT_URL_XRAY",
            &format!("https://localhost:{port}"),
        )
        .start()
        .await;
    running.document("one");
    running
        .said_in_time(&["cannot be reached", "certificate"])
        .await;
    let report = running.stop().await;
    assert_eq!((xray.calls(), report.unsent), (0, 1));
}

#[tokio::test]
async fn a_bundle_that_cannot_be_read_is_said() {
    let running = Setup::daemon()
        .set("AWS_CA_BUNDLE", "/nowhere/ca.pem")
        .start()
        .await;
    running.document("one");
    running.xray.stored(1).await;
    assert!(running.said(&["AWS_CA_BUNDLE", "/nowhere/ca.pem"]));
}
