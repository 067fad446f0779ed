//! What a user has set wrong: the function runs on, and one sentence names what to change.

use std::net::UdpSocket;

use end_to_end::{Mood, Setup};
use lambda_sandbox::Credentials;
use serde_json::json;

/// Starts, invokes twice, and expects a line with these words.
async fn expect(setup: Setup, mood: Mood, words: &[&str]) {
    let mut environment = setup
        .env("XRAY_EXTENSION_FLUSH_BUDGET_MS", "300")
        .start()
        .await;
    environment.xray.set_mood(mood);
    for _ in 0..2 {
        let invocation = environment
            .invoke(json!({"steps": [{"subsegment": "work"}]}))
            .await;
        assert!(invocation.is_success(), "{invocation:?}");
    }
    assert!(
        environment.said(words),
        "no line with {words:?} in {:#?}",
        environment.sandbox.logs()
    );
    let (shutdown, _) = environment.shutdown().await;
    assert!(
        shutdown.extensions.iter().all(|outcome| outcome.is_clean()),
        "{shutdown:?}"
    );
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    expect(
        Setup::default(),
        Mood::Refusing(403),
        &["xray:PutTraceSegments"],
    )
    .await;
}

#[tokio::test]
async fn a_missing_region_is_named() {
    let setup = Setup::default().sandbox(|builder| {
        builder
            .env_remove("AWS_REGION")
            .env_remove("AWS_DEFAULT_REGION")
    });
    expect(setup, Mood::Good, &["AWS_REGION"]).await;
}

#[tokio::test]
async fn missing_credentials_are_named() {
    let setup = Setup::default().sandbox(|builder| builder.credentials(Credentials::None));
    expect(setup, Mood::Good, &["credentials"]).await;
}

#[tokio::test]
async fn an_unreachable_endpoint_is_named() {
    let setup = Setup::default().endpoint("http://127.0.0.1:1");
    expect(setup, Mood::Good, &["http://127.0.0.1:1"]).await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let setup = Setup::default().address(&address);
    expect(setup, Mood::Good, &["XRAY_EXTENSION_ADDRESS", &address]).await;
}
