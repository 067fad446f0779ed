//! An agent at work in the test's own runtime, with everything around it.

use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lambda_xray_extension::agent::{Agent, Ask, Environment, Presence};
use lambda_xray_extension::intake::Intake;
use lambda_xray_extension::lambda::Telemetry;
use lambda_xray_extension::log::Log;
use lambda_xray_extension::report::Report;
use lambda_xray_extension::settings::Config;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use xray_segment::datagram::Datagram;

use crate::fake_lambda::FakeLambda;
use crate::fake_xray::FakeXRay;

/// Everything around an agent.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) lambda: FakeLambda,
    pub(crate) xray: FakeXRay,
    socket: UdpSocket,
    lines: Lines,
    stop: oneshot::Sender<()>,
    pub(crate) asks: mpsc::Sender<Ask>,
    pub(crate) config: Config,
    pub(crate) log: Log,
    pub(crate) receive_buffer: usize,
    report: JoinHandle<Report>,
}

/// How an agent is started.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) lambda: bool,
    /// The path of Lambda's API before each call's own.
    pub(crate) base: &'static str,
    /// What the subscription is answered with.
    pub(crate) telemetry: u16,
    /// How many calls Lambda's API refuses first.
    pub(crate) refusals: usize,
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) without: &'static [&'static str],
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            lambda: true,
            base: "",
            telemetry: 200,
            refusals: 0,
            variables: Vec::new(),
            without: &[],
        }
    }
}

impl Setup {
    pub(crate) fn daemon() -> Self {
        Self {
            lambda: false,
            ..Self::default()
        }
        .set("XRAY_EXTENSION_FLUSH", "periodic:20")
    }

    pub(crate) fn set(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    pub(crate) async fn start(self) -> Running {
        let lambda = FakeLambda::start(self.telemetry, self.refusals).await;
        let xray = FakeXRay::start().await;
        let mut variables = vec![
            ("XRAY_EXTENSION_ADDRESS", "127.0.0.1:0".to_owned()),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "key".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            (
                "AWS_ENDPOINT_URL_XRAY",
                format!("http://{}", xray.address.unwrap()),
            ),
        ];
        if self.lambda {
            let scheme = if self.base.is_empty() { "" } else { "http://" };
            let api = format!("{scheme}{}{}", lambda.address.unwrap(), self.base);
            variables.push(("AWS_LAMBDA_RUNTIME_API", api));
        }
        variables.extend(self.variables);
        variables.retain(|(name, _)| !self.without.contains(name));
        let (config, wrong) = Config::read(|name| {
            let variable = variables.iter().rfind(|(variable, _)| *variable == name);
            variable.map(|(_, value)| value.clone())
        });
        assert_eq!(wrong, [""; 0]);
        Running::start(&config, lambda, xray)
    }
}

impl Running {
    /// By a configuration of the test's own, outside Lambda.
    pub(crate) async fn with(config: &Config, xray: FakeXRay) -> Self {
        Self::start(config, FakeLambda::start(200, 0).await, xray)
    }

    fn start(config: &Config, lambda: FakeLambda, xray: FakeXRay) -> Self {
        let lines = Lines::default();
        let log = Log::to(Box::new(lines.clone()), false).at_least(config.level);
        let intake = Intake::bind(config.address).unwrap();
        let address = intake.local_addr().unwrap();
        let environment = match &config.runtime_api {
            None => Environment::none(log.clone()),
            Some(api) => {
                let presence = Presence {
                    name: "xray-extension".to_owned(),
                    managed: config.managed,
                    logs: config.logs.is_some(),
                };
                Environment::lambda(api.clone(), presence, Telemetry::bind().ok(), log.clone())
            }
        };
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            // Dropped when the test fails: that ends the agent too.
            let _ = stopped.await;
        };
        let receive_buffer = intake.receive_buffer();
        let said = log.clone();
        let (asks, asked) = mpsc::channel(1);
        let agent = Agent::new(config, log, Some(intake), environment).asked_through(asked);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(address).unwrap();
        Self {
            lambda,
            xray,
            socket,
            lines,
            stop,
            asks,
            config: config.clone(),
            log: said,
            receive_buffer,
            report: tokio::spawn(agent.run(stopped)),
        }
    }

    pub(crate) fn send(&self, bytes: &[u8]) {
        self.socket.send(bytes).unwrap();
    }

    /// A document of a trace of its own.
    pub(crate) fn document(&self, name: &str) {
        self.send(&Datagram::Document(&document(name)).to_bytes());
    }

    pub(crate) fn end(&self, request_id: &str) {
        let request_id = request_id.into();
        self.send(&Datagram::End { request_id }.to_bytes());
    }

    /// Where the agent listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.peer_addr().unwrap()
    }

    /// Asks for the report, as a signal does.
    pub(crate) async fn ask(&self) {
        self.asks.send(Ask::Say).await.unwrap();
    }

    /// What was said, for after the end.
    pub(crate) fn lines_later(&self) -> impl Fn() -> String + use<> {
        let lines = self.lines.clone();
        move || lines.text()
    }

    /// Sends a hello; the answer.
    pub(crate) async fn hello(&self) -> Vec<u8> {
        self.send(&Datagram::Hello.to_bytes());
        let socket = tokio::net::UdpSocket::from_std(self.nonblocking()).unwrap();
        let mut answer = vec![0; 1000];
        let size = tokio::time::timeout(Duration::from_secs(20), socket.recv(&mut answer))
            .await
            .unwrap()
            .unwrap();
        answer.truncate(size);
        answer
    }

    fn nonblocking(&self) -> UdpSocket {
        let socket = self.socket.try_clone().unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    }

    /// Whether a line was written with all of these words.
    pub(crate) fn said(&self, words: &[&str]) -> bool {
        self.lines
            .text()
            .lines()
            .any(|line| words.iter().all(|word| line.contains(word)))
    }

    /// Waits until it was said.
    pub(crate) async fn said_in_time(&self, words: &[&str]) {
        let said = async {
            while !self.said(words) {
                tokio::task::yield_now().await;
            }
        };
        let said = tokio::time::timeout(Duration::from_secs(20), said).await;
        assert!(said.is_ok(), "{words:?} are said: {}", self.lines());
    }

    pub(crate) fn lines(&self) -> String {
        self.lines.text()
    }

    /// Ends as a daemon does.
    pub(crate) async fn stop(self) -> Report {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.report)
            .await
            .expect("it ends")
            .unwrap()
    }

    /// Ends as an environment does.
    pub(crate) async fn shut_down(self) -> Report {
        self.lambda.shut_down("SPINDOWN");
        self.ended().await
    }

    /// Waits for an end that was told before.
    pub(crate) async fn ended(self) -> Report {
        tokio::time::timeout(Duration::from_secs(20), self.report)
            .await
            .expect("it ends")
            .unwrap()
    }
}

/// A subsegment of this name; its ids come from the name.
pub(crate) fn document(name: &str) -> String {
    let number = name.bytes().fold(7_u64, |number, byte| {
        number.wrapping_mul(31).wrapping_add(byte.into())
    });
    format!(
        r#"{{"name":"{name}","id":"{number:016x}","trace_id":"1-5759e988-{number:024x}","parent_id":"53995c3f42cd8ad8","type":"subsegment","start_time":1,"end_time":2}}"#
    )
}

#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
