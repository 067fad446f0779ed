//! What came, what went, and what was lost and why: one line of JSON at the end, and whenever somebody asks.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use xray_segment::datagram::DatagramError;

/// Counts since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Documents received.
    pub received: u64,
    /// Documents that X-Ray took.
    pub sent: u64,
    /// Bytes of documents in calls that X-Ray answered.
    pub bytes: u64,
    /// Calls made.
    pub calls: u64,
    /// Calls that failed.
    pub failed_calls: u64,
    /// Calls that failed, by kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<&'static str, u64>,
    /// Documents put back to be sent again, each time counted.
    pub retried: u64,
    /// Documents that X-Ray does not take.
    pub rejected: u64,
    /// Documents in which something was redacted.
    pub redacted: u64,
    /// Documents of traces that were not to be kept: no loss.
    pub left_out: u64,
    /// Documents dropped because the buffer was full.
    pub evicted: u64,
    /// Datagrams that the kernel dropped because nobody read them in time.
    pub kernel_dropped: u64,
    /// Datagrams turned away, by kind.
    pub malformed: BTreeMap<&'static str, u64>,
    /// Open subsegments that the extension closed because the function died.
    pub closed: u64,
    /// Subsegments that the extension made of what the platform measured.
    pub told: u64,
    /// Open subsegments not held because there were too many.
    pub open_refused: u64,
    /// Documents still there.
    pub unsent: u64,
    /// Lines of the function that a local X-Ray was to have and has not.
    pub lines_dropped: u64,
    /// The longest flush.
    #[serde(rename = "slowest_flush_ms", serialize_with = "milliseconds")]
    pub slowest_flush: Duration,
    /// The most memory that the process ever had, in kB; none where the system does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory_kb: Option<u64>,
}

fn milliseconds<S: serde::Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}

impl Report {
    /// Counts a datagram that was turned away, under its kind.
    pub fn turn_away(&mut self, kind: &'static str) {
        *self.malformed.entry(kind).or_default() += 1;
    }

    /// Whether a document did not arrive, for whatever reason.
    pub fn has_losses(&self) -> bool {
        self.rejected + self.evicted + self.kernel_dropped + self.unsent > 0
            || !self.malformed.is_empty()
    }

    /// With what is only known when it is asked for; the kernel says that it dropped so many.
    #[must_use]
    pub fn as_of_now(&self, kernel_dropped: Option<u64>) -> Self {
        let gone = self.sent + self.rejected + self.evicted + self.left_out;
        Self {
            kernel_dropped: kernel_dropped.unwrap_or(self.kernel_dropped),
            unsent: (self.received + self.closed + self.told).saturating_sub(gone),
            peak_memory_kb: peak_memory_kb(),
            ..self.clone()
        }
    }

    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        Value::Object(self.fields()).to_string()
    }

    /// As fields of a log line.
    pub fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }
}

fn peak_memory_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// A datagram's fault in a few words, by which it is counted.
pub fn kind(error: DatagramError) -> &'static str {
    match error {
        DatagramError::NoHeader => "no header",
        DatagramError::BadHeader => "bad header",
        DatagramError::Empty => "no document",
        DatagramError::NotUtf8 => "not UTF-8",
        DatagramError::BadNotice => "bad notice",
        _ => "other",
    }
}
