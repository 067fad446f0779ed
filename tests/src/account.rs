//! Nothing is lost in silence: what was sent against what arrived, and against what the extension says of the difference.

use std::collections::{BTreeMap, HashSet};
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
    /// The extension's last word: counts by name. Where the environment was reset, the sums of all who had a last word.
    pub report: BTreeMap<String, usize>,
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

    /// Invokes the playground, which must not survive it, and has made so many documents by then, open ones too.
    pub async fn invoke_fatally(&mut self, event: Value, documents: usize) -> Invocation {
        let invocation = self.environment.invoke(event).await;
        assert!(invocation.reset.is_some(), "{invocation:?}");
        self.add(documents);
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

/// From the lines that count what was received and what was sent: each extension writes one, at its end.
fn report(logs: &[LogLine]) -> BTreeMap<String, usize> {
    let mut sums = BTreeMap::new();
    let lines = logs
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(&line.text).ok());
    for line in lines.filter(|line| line["received"].is_u64() && line["sent"].is_u64()) {
        for (name, value) in line.as_object().unwrap() {
            let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
            *sums.entry(name.clone()).or_default() += count.unwrap_or_default();
        }
    }
    sums
}

impl Account {
    /// A count of the report; 0 when there is none of this name.
    pub fn count(&self, name: &str) -> usize {
        self.report.get(name).copied().unwrap_or_default()
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
        assert!(!self.report.is_empty(), "no report: {self:#?}");
        let had = self.count("received") + self.count("closed");
        // The kernel counts datagrams: what it dropped may have been a notice.
        let dropped = self.made - had;
        assert!(
            dropped <= self.count("kernel_dropped"),
            "received: {self:#?}"
        );
        let accounted = self.count("sent") + self.said_lost();
        assert_eq!(accounted, had, "accounted for: {self:#?}");
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
