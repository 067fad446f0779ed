//! Nothing is lost in silence: what was sent against what arrived, and against what the extension says of the difference.

use std::collections::HashSet;
use std::fmt;

use lambda_sandbox::{Invocation, LogLine, Shutdown};
use serde_json::Value;

use crate::{Arrived, Environment, Setup};

/// An environment whose documents are counted.
#[derive(Debug)]
pub struct Trial {
    /// The environment.
    pub environment: Environment,
    /// Documents the function has made.
    made: usize,
}

/// What there was of a [`Trial`] when it was over.
pub struct Account {
    /// How its processes ended.
    pub shutdown: Shutdown,
    /// Documents the function had made.
    pub made: usize,
    /// What X-Ray got, repeats too.
    pub arrived: Vec<Arrived>,
    /// The extension's last word: counts by name.
    pub report: Value,
    /// What the processes printed.
    pub logs: Vec<LogLine>,
}

impl Trial {
    /// The playground beside the extension.
    pub async fn start(setup: Setup) -> Self {
        Self {
            environment: setup.start().await,
            made: 0,
        }
    }

    /// Invokes the playground, which must succeed, and counts what it made.
    pub async fn invoke(&mut self, event: Value) -> Invocation {
        let invocation = self.environment.invoke(event).await;
        assert!(invocation.is_success(), "{invocation:?}");
        let subsegments = invocation.json()["subsegments"].as_u64().unwrap();
        // The function subsegment is one more.
        self.made += usize::try_from(subsegments).unwrap() + 1;
        invocation
    }

    /// Counts documents that came from elsewhere.
    pub fn add(&mut self, documents: usize) {
        self.made += documents;
    }

    /// Ends the environment, and holds against each other what was made, what arrived and what the extension says of the rest.
    pub async fn end(self) -> Account {
        let Environment { sandbox, xray, .. } = self.environment;
        let shutdown = sandbox.shutdown().await.unwrap();
        let logs = sandbox.logs();
        let account = Account {
            shutdown,
            made: self.made,
            arrived: xray.arrived(),
            report: report(&logs),
            logs,
        };
        account.check();
        account
    }
}

/// The last line that counts what was received and what was sent.
fn report(logs: &[LogLine]) -> Value {
    logs.iter()
        .rev()
        .filter_map(|line| serde_json::from_str::<Value>(&line.text).ok())
        .find(|line| line["received"].is_u64() && line["sent"].is_u64())
        .unwrap_or_default()
}

impl Account {
    /// A count of the report; 0 when there is none of this name.
    pub fn count(&self, name: &str) -> usize {
        usize::try_from(self.report[name].as_u64().unwrap_or_default()).unwrap()
    }

    /// Documents that arrived, each counted once.
    pub fn distinct(&self) -> usize {
        let ids = self.arrived.iter().map(|document| document.text("id"));
        ids.collect::<HashSet<_>>().len()
    }

    /// What the extension says it received and did not deliver: refused by X-Ray, for want of room, for want of time.
    pub fn said_lost(&self) -> usize {
        ["rejected", "evicted", "unsent"]
            .iter()
            .map(|name| self.count(name))
            .sum()
    }

    /// What must hold after every fault.
    #[track_caller]
    fn check(&self) {
        assert!(self.shutdown.extension().is_clean(), "{self:#?}");
        assert!(self.report.is_object(), "no report: {self:#?}");
        // The kernel counts datagrams: what it dropped may have been a notice.
        let dropped = self.made - self.count("received");
        assert!(
            dropped <= self.count("kernel_dropped"),
            "received: {self:#?}"
        );
        let accounted = self.count("sent") + self.said_lost();
        assert_eq!(
            accounted,
            self.count("received"),
            "accounted for: {self:#?}"
        );
        // What X-Ray has and could not say that it has is counted as unsent.
        assert!(self.distinct() >= self.count("sent"), "sent: {self:#?}");
    }

    /// Everything arrived, and nothing twice.
    #[track_caller]
    pub fn is_whole(&self) {
        assert_eq!(self.arrived.len(), self.made, "repeats: {self:#?}");
        self.is_complete();
    }

    /// Everything arrived; what the fault made unavoidable came twice.
    #[track_caller]
    pub fn is_complete(&self) {
        assert_eq!(self.distinct(), self.made, "arrived: {self:#?}");
        assert_eq!(self.said_lost(), 0, "said to be lost: {self:#?}");
    }

    /// Some did not arrive, exactly as many as are counted under this name; nothing came twice.
    #[track_caller]
    pub fn lost_some(&self, name: &str) {
        assert!(self.count(name) > 0, "{name}: {self:#?}");
        self.lost(name, self.made - self.distinct());
    }

    /// Just so many did not arrive, all of them counted under this name; nothing came twice.
    #[track_caller]
    pub fn lost(&self, name: &str, lost: usize) {
        assert_eq!(self.count(name), lost, "{name}: {self:#?}");
        assert_eq!(self.said_lost(), lost, "said to be lost: {self:#?}");
        assert_eq!(self.arrived.len(), self.made - lost, "arrived: {self:#?}");
        assert_eq!(self.distinct(), self.made - lost, "repeats: {self:#?}");
    }
}

/// What one looks for when it does not add up: the documents themselves would hide it.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: Vec<_> = self.logs.iter().map(|line| &line.text).collect();
        f.debug_struct("Account")
            .field("made", &self.made)
            .field("arrived", &self.arrived.len())
            .field("distinct", &self.distinct())
            .field("shutdown", &self.shutdown)
            .field("said", &said)
            .finish_non_exhaustive()
    }
}
