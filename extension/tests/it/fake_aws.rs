//! What is around a daemon on AWS: EC2's instance metadata, a container's credentials, and STS, on one port.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use serde_json::json;

use crate::http::{Answer, Request, Response, json, serve};

/// Answers as they do, and remembers who asked what.
#[derive(Clone, Debug)]
pub(crate) struct FakeAws {
    pub(crate) address: Option<SocketAddr>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeAws {
    pub(crate) async fn start() -> Self {
        let mut aws = Self {
            address: None,
            asked: Arc::default(),
        };
        aws.address = Some(serve(aws.clone()).await);
        aws
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address.unwrap())
    }

    /// Method and path, and for STS the body.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn text(status: u16, text: String) -> Response {
    let body = Full::new(Bytes::from(text));
    http::Response::builder().status(status).body(body).unwrap()
}

fn credentials(key: &str) -> Response {
    json(
        200,
        &json!({"Code": "Success", "AccessKeyId": key, "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}),
    )
}

/// The names of keys are those of whoever gave them.
fn role(action: &str) -> Response {
    text(
        200,
        format!(
            "<{action}Response><{action}Result><Credentials>\n<AccessKeyId>of-{action}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"
        ),
    )
}

impl Answer for FakeAws {
    async fn answer(self, request: Request) -> Option<Response> {
        let header = |name: &str| {
            let value = request.headers().get(name);
            value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        let path = request.uri().path().to_owned();
        let signer = header("authorization");
        let asked = format!("{} {path} {body} {signer}", request.method());
        self.asked.lock().unwrap().push(asked);
        let has_token = header("x-aws-ec2-metadata-token") == "TOKEN";
        Some(match path.as_str() {
            "/latest/api/token" if request.method() == "PUT" => text(200, "TOKEN".to_owned()),
            path if path.starts_with("/latest/") && !has_token => text(401, String::new()),
            "/latest/meta-data/placement/region" => text(200, "ap-south-1".to_owned()),
            "/latest/meta-data/instance-id" => text(200, "i-0123456789abcdef0".to_owned()),
            "/latest/meta-data/iam/security-credentials/" => text(200, "worker\n".to_owned()),
            "/latest/meta-data/iam/security-credentials/worker" => credentials("of-instance"),
            "/container" if signer == "secret" => credentials("of-container"),
            "/" if body.contains("Action=AssumeRole&") && body.contains("refused") => text(
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>".to_owned(),
            ),
            "/" if body.contains("Action=AssumeRole&") => role("AssumeRole"),
            "/" if body.contains("Action=AssumeRoleWithWebIdentity&") => {
                role("AssumeRoleWithWebIdentity")
            }
            _ => text(404, String::new()),
        })
    }
}
