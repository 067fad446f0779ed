//! What X-Ray does with a signature, and the tests' X-Ray does not: computes it from what came, and compares.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::http::Request;
use crate::running::Setup;

/// What the signer puts in by itself.
const BY_THE_SIGNER: [&str; 3] = ["host", "x-amz-date", "x-amz-security-token"];

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    request.headers()[name].to_str().unwrap()
}

/// `20231114T221320Z`, as a time.
fn time(text: &str) -> SystemTime {
    let (date, time) = text.split_at(8);
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[1..3],
        &time[3..5],
        &time[5..7]
    );
    let seconds = DateTime::from_str(&text, Format::DateTime).unwrap().secs();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap())
}

/// The signature of a request with this body.
fn signature(request: &Request, body: &[u8]) -> String {
    let token = request.headers().get("x-amz-security-token");
    let token = token.map(|token| token.to_str().unwrap().to_owned());
    let identity = Credentials::new("key", "secret", token, None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name("xray")
        .time(time(header(request, "x-amz-date")))
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let names = header(request, "authorization");
    let (_, names) = names.split_once("SignedHeaders=").unwrap();
    let (names, _) = names.split_once(',').unwrap();
    let names = names
        .split(';')
        .filter(|name| !BY_THE_SIGNER.contains(name));
    let headers: Vec<_> = names.map(|name| (name, header(request, name))).collect();
    let uri = format!("http://{}{}", header(request, "host"), request.uri());
    let body = SignableBody::Bytes(body);
    let signable = SignableRequest::new("POST", uri, headers.into_iter(), body).unwrap();
    sign(signable, &parameters).unwrap().into_parts().1
}

#[tokio::test]
async fn the_signature_is_of_the_body_that_comes() {
    let running = Setup::default().start().await;
    running.lambda.invoke("a", None);
    running.document("one");
    running.end("a");
    running.lambda.nexts(2).await;
    let request = running.xray.requests().remove(0);
    let authorization = header(&request, "authorization");
    let (_, signed) = authorization.split_once("Signature=").unwrap();
    assert_eq!(signature(&request, request.body()), signed);
    assert_ne!(signature(&request, b"{}"), signed);
    assert_eq!(
        header(&request, "content-length"),
        request.body().len().to_string()
    );
}
