//! A Lambda environment with the real extension beside a real function, sending to an X-Ray of the test's.

use std::fmt;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lambda_sandbox::{Builder, Event, Invocation, Sandbox, Shutdown};
use serde_json::Value;

use crate::{Arrived, Program, Recorder, check_schema};

/// An address for the extension: asked for here, because the function has to be told the same one.
pub fn free_udp_address() -> String {
    loop {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        // The extension takes the TCP port of the same number too.
        if TcpListener::bind(address).is_ok() {
            return address.to_string();
        }
    }
}

type Adjust = Box<dyn FnOnce(Builder) -> Builder + Send>;

/// An environment to be.
pub struct Setup {
    function: PathBuf,
    adjust: Vec<Adjust>,
    env: Vec<(String, String)>,
    endpoint: Option<String>,
    address: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            function: Program::Playground.path(),
            adjust: Vec::new(),
            env: Vec::new(),
            endpoint: None,
            address: free_udp_address(),
        }
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("function", &self.function)
            .field("env", &self.env)
            .finish_non_exhaustive()
    }
}

impl Setup {
    /// Runs another function than the playground.
    #[must_use]
    pub fn function(self, function: Program) -> Self {
        self.bootstrap(&function.path())
    }

    /// Runs a function that is not of this project.
    #[must_use]
    pub fn bootstrap(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.function);
        self
    }

    /// Sets an environment variable for function and extension.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Adjusts what the sandbox knows beside it.
    #[must_use]
    pub fn sandbox(mut self, adjust: impl FnOnce(Builder) -> Builder + Send + 'static) -> Self {
        self.adjust.push(Box::new(adjust));
        self
    }

    /// Sends to another endpoint than the recorder.
    #[must_use]
    pub fn endpoint(mut self, url: &str) -> Self {
        self.endpoint = Some(url.to_owned());
        self
    }

    /// Has the extension listen here.
    #[must_use]
    pub fn address(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// Starts it all.
    pub async fn start(self) -> Environment {
        let xray = Recorder::start().await;
        let endpoint = self.endpoint.as_deref().unwrap_or(xray.url());
        let mut builder = Sandbox::builder()
            .extension(Program::Extension.path())
            .function(&self.function)
            .timeout(Duration::from_secs(20))
            .env("XRAY_EXTENSION_ADDRESS", &self.address)
            .env("AWS_ENDPOINT_URL_XRAY", endpoint);
        for (key, value) in self.env {
            builder = builder.env(key, value);
        }
        builder = self
            .adjust
            .into_iter()
            .fold(builder, |builder, adjust| adjust(builder));
        Environment {
            sandbox: builder.start().await.unwrap(),
            address: self.address,
            xray,
        }
    }
}

/// A running environment, and what X-Ray got of it.
#[derive(Debug)]
pub struct Environment {
    /// The environment.
    pub sandbox: Sandbox,
    /// Where its extension listens.
    pub address: String,
    /// What arrived.
    pub xray: Recorder,
}

impl Environment {
    /// The playground, with nothing special.
    pub async fn start() -> Self {
        Setup::default().start().await
    }

    /// Sends an event and waits until the environment is frozen again.
    pub async fn invoke(&mut self, event: Value) -> Invocation {
        self.sandbox.invoke(Event::json(&event)).await.unwrap()
    }

    /// The documents of an invocation, each held against the schema.
    pub fn documents(&self, invocation: &Invocation) -> Vec<Arrived> {
        let documents = self.xray.trace(invocation.trace_id().unwrap());
        check_schema(&documents);
        documents
    }

    /// Ends the environment as Lambda does.
    pub async fn shutdown(self) -> (Shutdown, Recorder) {
        (self.sandbox.shutdown().await.unwrap(), self.xray)
    }

    /// Whether a process wrote a line with all of these words.
    pub fn said(&self, words: &[&str]) -> bool {
        let logs = self.sandbox.logs();
        logs.iter()
            .any(|line| words.iter().all(|word| line.text.contains(word)))
    }
}
