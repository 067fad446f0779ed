//! Once a minute X-Ray is told how this daemon does, by `PutTelemetryRecords` as the old daemon tells it: what was received, sent and lost since the
//! last time, and which kinds of errors X-Ray's answers were.
//!
//! Nothing is told before the first document has come. A record that X-Ray does not take is kept for the next time, up to half an hour of them.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::region::instance;
use crate::agent::Ask;
use crate::credentials::Instance;
use crate::deliver::Passage;
use crate::log::{Level, Log};
use crate::report::Report;
use crate::settings::Config;

/// The daemon's rhythm.
pub const EVERY: Duration = Duration::from_mins(1);

/// Records kept while X-Ray takes none: then the oldest goes.
const MOST_KEPT: usize = 30;

/// Records in one call.
const MOST_AT_ONCE: usize = 10;

/// What the last record may hold the end.
const LAST: Duration = Duration::from_secs(2);

/// The task that tells; it ends when this is dropped.
#[derive(Debug)]
#[must_use = "nothing is told when this is dropped"]
pub struct Recording {
    task: JoinHandle<()>,
    ended: Option<oneshot::Sender<Report>>,
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Recording {
    /// Begins to tell, every so often, what is answered through `asks`.
    pub fn begin(config: Config, log: Log, asks: mpsc::Sender<Ask>, every: Duration) -> Self {
        let (sender, ended) = oneshot::channel();
        let recorder = Recorder {
            config,
            log,
            kept: VecDeque::new(),
            last: Report::default(),
        };
        Self {
            task: tokio::spawn(recorder.run(asks, ended, every)),
            ended: Some(sender),
        }
    }

    /// Tells the last, for which there is little time.
    pub async fn end(mut self, report: Report) {
        if let Some(ended) = self.ended.take() {
            let _ = ended.send(report);
        }
        // What is not told by then is in the log's last line.
        let _ = tokio::time::timeout(LAST, &mut self.task).await;
    }
}

struct Recorder {
    config: Config,
    log: Log,
    kept: VecDeque<Value>,
    last: Report,
}

/// The way to X-Ray, and who tells.
struct Voice {
    passage: Passage,
    host: Map<String, Value>,
}

impl Recorder {
    async fn run(
        mut self,
        asks: mpsc::Sender<Ask>,
        ended: oneshot::Receiver<Report>,
        every: Duration,
    ) {
        let mut ended = std::pin::pin!(ended);
        let mut voice = None;
        loop {
            let (report, is_last) = tokio::select! {
                report = asked(&asks, every) => (report, false),
                report = &mut ended => (report.ok(), true),
            };
            let Some(report) = report else {
                // The agent has gone, and its last report is on its way.
                if is_last {
                    return;
                }
                continue;
            };
            self.note(report);
            self.tell(&mut voice, is_last).await;
            if is_last {
                return;
            }
        }
    }

    /// Makes a record of what has changed.
    fn note(&mut self, report: Report) {
        if report.received == 0 {
            return;
        }
        if self.kept.len() == MOST_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(record(&self.last, &report));
        self.last = report;
    }

    async fn tell(&mut self, voice: &mut Option<Voice>, is_last: bool) {
        if self.kept.is_empty() {
            return;
        }
        if voice.is_none() {
            *voice = self.voice(is_last).await;
        }
        let Some(voice) = voice else { return };
        while !self.kept.is_empty() {
            let count = self.kept.len().min(MOST_AT_ONCE);
            let records: Vec<_> = self.kept.iter().take(count).cloned().collect();
            let mut body = voice.host.clone();
            body.insert("TelemetryRecords".to_owned(), records.into());
            let body = Bytes::from(Value::Object(body).to_string());
            if let Err(text) = put(&voice.passage, body).await {
                let text = format!("X-Ray is not told how this daemon does: {text}");
                return self.log.once("telemetry", Level::Warn, &text);
            }
            self.kept.drain(..count);
        }
    }

    async fn voice(&self, is_last: bool) -> Option<Voice> {
        // What is wrong is said when documents cannot be sent for it.
        let passage = Passage::new(&self.config, &self.log).ok()?;
        // At the end there is no time to ask where nobody may answer.
        let instance = instance(&self.config).filter(|_| !is_last);
        let host = host(&self.config, instance).await;
        Some(Voice { passage, host })
    }
}

/// The report after this time; none when nobody is there to tell it.
async fn asked(asks: &mpsc::Sender<Ask>, after: Duration) -> Option<Report> {
    tokio::time::sleep(after).await;
    let (sender, told) = oneshot::channel();
    asks.send(Ask::Tell(sender)).await.ok()?;
    told.await.ok()
}

async fn put(passage: &Passage, body: Bytes) -> Result<(), String> {
    let answer = passage.post("/TelemetryRecords", body).await;
    let status = answer.map_err(|error| error.to_string())?.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(format!("it answers {status}"))
    }
}

async fn host(config: &Config, instance: Option<Instance>) -> Map<String, Value> {
    let mut id = config.host.instance_id.clone();
    if let (None, Some(instance)) = (&id, instance) {
        id = instance.id().await.ok();
    }
    let name = config.host.name.clone().or_else(|| {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
        Some(name.trim().to_owned())
    });
    let fields = [
        ("EC2InstanceId", id),
        ("Hostname", name),
        ("ResourceARN", config.resource_arn.clone()),
    ];
    let said = fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
    said.collect()
}

/// What happened between two reports.
fn record(before: &Report, now: &Report) -> Value {
    let since = |count: fn(&Report) -> u64| count(now).saturating_sub(count(before));
    let failed = |kinds: &[&str]| {
        let of = |report: &Report| -> u64 {
            let kinds = kinds.iter().filter_map(|kind| report.failures.get(kind));
            kinds.sum()
        };
        of(now).saturating_sub(of(before))
    };
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let known = [&TIMEOUTS[..], &REFUSED, &CLIENT, &SERVER, &UNKNOWN_HOST].concat();
    let all = since(|report| report.failures.values().sum());
    json!({
        "Timestamp": time.unwrap_or_default().as_secs(),
        "SegmentsReceivedCount": since(|report| report.received),
        "SegmentsSentCount": since(|report| report.sent),
        "SegmentsSpilloverCount": since(|report| report.evicted),
        "SegmentsRejectedCount": since(|report| report.rejected + report.malformed.values().sum::<u64>()),
        "BackendConnectionErrors": {
            "TimeoutCount": failed(&TIMEOUTS),
            "ConnectionRefusedCount": failed(&REFUSED),
            "HTTPCode4XXCount": failed(&CLIENT),
            "HTTPCode5XXCount": failed(&SERVER),
            "UnknownHostCount": failed(&UNKNOWN_HOST),
            "OtherCount": all.saturating_sub(failed(&known)),
        },
    })
}

/// The report's kinds of failures, as X-Ray groups them.
const TIMEOUTS: [&str; 2] = ["timeout", "given up"];
const REFUSED: [&str; 1] = ["refused"];
const CLIENT: [&str; 5] = [
    "denied",
    "bad credentials",
    "throttled",
    "invalid",
    "no X-Ray",
];
const SERVER: [&str; 1] = ["server"];
const UNKNOWN_HOST: [&str; 1] = ["unknown host"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_what_is_new() {
        let mut before = Report {
            received: 5,
            sent: 3,
            ..Report::default()
        };
        before.failures.insert("server", 2);
        let mut now = Report {
            received: 15,
            sent: 9,
            evicted: 1,
            rejected: 2,
            ..before.clone()
        };
        now.turn_away("no header");
        now.failures.insert("server", 3);
        now.failures.insert("refused", 4);
        now.failures.insert("unreachable", 7);
        let mut record = record(&before, &now);
        assert!(record["Timestamp"].as_u64().unwrap() > 1_700_000_000);
        record["Timestamp"] = 0.into();
        let expected = json!({
            "Timestamp": 0, "SegmentsReceivedCount": 10, "SegmentsSentCount": 6, "SegmentsSpilloverCount": 1, "SegmentsRejectedCount": 3,
            "BackendConnectionErrors": {
                "TimeoutCount": 0, "ConnectionRefusedCount": 4, "HTTPCode4XXCount": 0, "HTTPCode5XXCount": 1, "UnknownHostCount": 0, "OtherCount": 7,
            },
        });
        assert_eq!(record, expected);
    }
}
