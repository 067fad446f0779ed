//! The environment the extension runs in, as the agent sees it: something that tells when invocations begin, or nothing at all.
//!
//! Whatever Lambda's API answers, the extension goes on: one that exits takes the function with it.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::lambda::{Client, ClientError, Record, RuntimeApi, Subscription, Telemetry, Turn};
use crate::log::{Level, Log};

/// What Lambda told.
#[derive(Debug)]
pub(super) enum Told {
    /// `/next` answered.
    Turn(Turn),
    /// The extension is registered; the first `/next` is still to be said.
    Begun(Subscription),
    /// `/next` got no good answer; a pause was made.
    Failed,
}

/// How the extension presents itself.
#[derive(Clone, Debug)]
pub struct Presence {
    /// The file name of the executable, by which Lambda knows it.
    pub name: String,
    /// Whether this is a Lambda Managed Instance.
    pub managed: bool,
    /// Whether it wants to know what the function writes.
    pub logs: bool,
}

/// Pause after a failed call to Lambda's API.
const PAUSE: Duration = Duration::from_millis(200);

type Call = Pin<Box<dyn Future<Output = (Client, Told)> + Send>>;

/// Lambda, or nothing.
pub struct Environment {
    log: Log,
    /// The call that is under way.
    call: Option<Call>,
    /// The client, while no call is under way.
    client: Option<Client>,
    telemetry: Option<Telemetry>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("waits", &self.call.is_some())
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// Outside Lambda: nobody tells anything.
    pub fn none(log: Log) -> Self {
        Self {
            log,
            call: None,
            client: None,
            telemetry: None,
        }
    }

    /// Lambda: registers and subscribes as soon as the agent waits for it.
    pub fn lambda(
        api: RuntimeApi,
        presence: Presence,
        telemetry: Option<Telemetry>,
        log: Log,
    ) -> Self {
        let port = telemetry
            .as_ref()
            .and_then(|telemetry| telemetry.port().ok());
        let client = Client::new(api);
        Self {
            call: Some(Box::pin(begin(client, presence, port, log.clone()))),
            client: None,
            telemetry,
            log,
        }
    }

    /// Serves the telemetry listener.
    pub(super) fn telemetry(&mut self) -> Option<mpsc::Receiver<Record>> {
        self.telemetry.take().map(Telemetry::serve)
    }

    /// Says `/next`, unless it is said already.
    pub(super) fn next(&mut self) {
        if let Some(client) = self.client.take() {
            self.call = Some(Box::pin(next(client, self.log.clone())));
        }
    }

    /// Waits for what Lambda tells; forever, when nothing was asked.
    pub(super) async fn told(&mut self) -> Told {
        let Some(call) = &mut self.call else {
            return std::future::pending().await;
        };
        let (client, told) = call.await;
        self.call = None;
        self.client = Some(client);
        told
    }
}

async fn begin(
    mut client: Client,
    presence: Presence,
    port: Option<u16>,
    log: Log,
) -> (Client, Told) {
    let (events, schema): (&[_], _) = if presence.managed {
        (&["SHUTDOWN"], "2025-01-29")
    } else {
        (&["INVOKE", "SHUTDOWN"], "2022-12-13")
    };
    while let Err(error) = client.register(&presence.name, events).await {
        say(&log, &error);
        tokio::time::sleep(PAUSE).await;
    }
    let types: &[_] = if presence.logs {
        &["platform", "function"]
    } else {
        &["platform"]
    };
    let subscription = match port {
        Some(port) => client.subscribe(schema, types, port).await,
        None => Ok(Subscription::Absent),
    };
    let subscription = subscription.unwrap_or_else(|error| {
        say(&log, &error);
        Subscription::Absent
    });
    (client, Told::Begun(subscription))
}

async fn next(mut client: Client, log: Log) -> (Client, Told) {
    match client.next().await {
        Ok(turn) => (client, Told::Turn(turn)),
        Err(error) => {
            say(&log, &error);
            tokio::time::sleep(PAUSE).await;
            (client, Told::Failed)
        }
    }
}

fn say(log: &Log, error: &ClientError) {
    log.once(error.kind(), Level::Error, &error.to_string());
}
