//! AWS on this machine: `moto_server`, in a process of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::http::send;

/// Where it notes requests: this file in its folder.
const RECORDING: &str = "moto_recording";

/// A running server; it ends with the value.
#[derive(Debug)]
pub struct Moto {
    address: SocketAddr,
    folder: TempDir,
    _process: Child,
}

impl Moto {
    /// Starts it, on a port and with a state of its own; `python` is the `bin` folder it is in.
    pub async fn start(python: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(python.join("moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap();
            let line = line.expect("moto_server says where it listens");
            if let Some((_, address)) = line.split_once("http://") {
                break address.trim().parse().unwrap();
            }
        };
        // It says each request; nobody wants to know, but it must not stop for that.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            address,
            folder,
            _process: process,
        }
    }

    /// For `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a Lambda function that answers when it is invoked.
    pub async fn create_lambda_function(&self, name: &str) {
        let config = json!({"lambda": {"use_docker": false}});
        self.call("moto-api", "/moto-api/config", &config.to_string())
            .await;
        let role = "Action=CreateRole&Version=2010-05-08&RoleName=any&AssumeRolePolicyDocument={}";
        self.call("iam", "/", role).await;
        let function = json!({
            "FunctionName": name,
            "Role": "arn:aws:iam::123456789012:role/any",
            "Runtime": "provided.al2023",
            "Handler": "any",
            // An empty archive.
            "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
        });
        let path = "/2015-03-31/functions";
        let created = self.call("lambda", path, &function.to_string()).await;
        assert!(created.contains("FunctionArn"), "{created}");
    }

    /// Asks `DynamoDB`, by an operation's name and its input.
    pub async fn dynamodb(&self, operation: &str, input: &Value) -> String {
        let target = format!("X-Amz-Target: DynamoDB_20120810.{operation}\r\n");
        let headers = target + &headers("dynamodb");
        send(self.address, "/", &headers, &input.to_string()).await
    }

    /// Notes requests from now on.
    pub async fn record(&self) {
        self.call("moto-api", "/moto-api/recorder/start-recording", "")
            .await;
    }

    /// The requests since then, in their order: method, url, headers.
    pub fn requests(&self) -> Vec<Value> {
        let recording = fs::read_to_string(self.folder.path().join(RECORDING)).unwrap();
        let requests = recording.lines().map(serde_json::from_str);
        requests.collect::<Result<_, _>>().unwrap()
    }

    async fn call(&self, service: &str, path: &str, body: &str) -> String {
        send(self.address, path, &headers(service), body).await
    }
}

/// The service is told by its name in the signature, and that is all that is looked at in it.
fn headers(service: &str) -> String {
    let content = match service {
        "iam" => "application/x-www-form-urlencoded",
        "dynamodb" => "application/x-amz-json-1.0",
        _ => "application/json",
    };
    format!(
        "Content-Type: {content}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=any/20260101/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=any"
    )
}
