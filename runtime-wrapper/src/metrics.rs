//! Metrics of an invocation's subsegments, by name: a line of `CloudWatch`'s embedded metric format on stdout, of which `CloudWatch` makes metrics.
//!
//! Where they come from, `CloudWatch` Logs, is where a function's lines go anyway: no call, no permission. One line an invocation, because each is paid for.
//! What the format allows in a line (100 metrics of 100 values) is what is kept; the rest is counted in the metric `SubsegmentsLeftOut`.
//!
//! Source: the `CloudWatch` User Guide, "Specification: Embedded metric format".

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use xray_segment::document::State;
use xray_segment::{Document, Timestamp};

/// Names that are told apart: two metrics each, and one for those left out.
const MOST_NAMES: usize = 49;

/// Values of a metric in a line.
const MOST_VALUES: usize = 100;

const LEFT_OUT: &str = "SubsegmentsLeftOut";

/// Where the lines go.
type Out = Arc<dyn Fn(&str) + Send + Sync>;

/// Metrics were asked for.
#[derive(Clone)]
pub(crate) struct Metrics {
    namespace: String,
    out: Out,
}

impl Metrics {
    /// `None` where no variable asks for metrics.
    pub(crate) fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let namespace = lookup("XRAY_METRICS_NAMESPACE")?.trim().to_owned();
        let out = |line: &str| {
            // Where stdout is closed there is nobody to tell.
            let _ = writeln!(std::io::stdout(), "{line}");
        };
        (!namespace.is_empty()).then(|| Self {
            namespace,
            out: Arc::new(out),
        })
    }

    /// For one invocation of this function.
    pub(crate) fn tally(&self, function: &str) -> Tally {
        Tally {
            metrics: self.clone(),
            function: function.to_owned(),
            measured: Mutex::default(),
        }
    }
}

/// What was measured in one invocation.
pub(crate) struct Tally {
    metrics: Metrics,
    function: String,
    measured: Mutex<Measured>,
}

#[derive(Default)]
struct Measured {
    by_name: BTreeMap<String, Work>,
    left_out: u64,
}

/// The subsegments of one name.
#[derive(Default)]
struct Work {
    milliseconds: Vec<f64>,
    faults: u64,
}

impl Tally {
    /// Counts a closed subsegment.
    pub(crate) fn count(&self, document: &Document<'_>) {
        let State::Ended(end) = document.state else {
            return;
        };
        let took = end.since(document.start_time);
        self.lock()
            .count(&document.name, took.as_secs_f64() * 1000.0, document.fault);
    }

    /// Says what was counted. What closes later is not.
    pub(crate) fn say(&self, now: Timestamp) {
        let measured = std::mem::take(&mut *self.lock());
        if !measured.by_name.is_empty() {
            let line = measured.line(&self.metrics.namespace, &self.function, now);
            (self.metrics.out)(&line.to_string());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Measured> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Tally");
        debug.field("namespace", &self.metrics.namespace);
        debug.finish_non_exhaustive()
    }
}

impl Measured {
    fn count(&mut self, name: &str, milliseconds: f64, fault: bool) {
        if !self.by_name.contains_key(name) && self.by_name.len() == MOST_NAMES {
            self.left_out += 1;
            return;
        }
        let work = self.by_name.entry(name.to_owned()).or_default();
        work.faults += u64::from(fault);
        if work.milliseconds.len() < MOST_VALUES {
            work.milliseconds.push(milliseconds);
        } else {
            self.left_out += 1;
        }
    }

    fn line(&self, namespace: &str, function: &str, now: Timestamp) -> Value {
        let mut metrics = Vec::new();
        let mut line = Map::new();
        let mut tell = |name: String, unit: &str, value: Value| {
            metrics.push(json!({"Name": name, "Unit": unit}));
            line.insert(name, value);
        };
        for (name, work) in &self.by_name {
            let durations = json!(work.milliseconds);
            tell(format!("{name}.Duration"), "Milliseconds", durations);
            tell(format!("{name}.Faults"), "Count", work.faults.into());
        }
        if self.left_out > 0 {
            tell(LEFT_OUT.to_owned(), "Count", self.left_out.into());
        }
        line.insert("FunctionName".to_owned(), function.into());
        let directive = json!({
            "Namespace": namespace, "Dimensions": [["FunctionName"]], "Metrics": metrics,
        });
        let about = json!({
            "Timestamp": now.as_micros() / 1000, "CloudWatchMetrics": [directive],
        });
        line.insert("_aws".to_owned(), about);
        line.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::held::Held;
    use crate::invocation::{Invocation, Sink};
    use crate::recording::Recording;
    use xray_segment::{EntityId, TraceId};

    type Lines = Arc<Mutex<Vec<Value>>>;

    /// An invocation of "orders" that is measured, and where its lines go.
    fn measured() -> (Recording, Lines) {
        let lines = Lines::default();
        let kept = lines.clone();
        let metrics = Metrics {
            namespace: "shop".to_owned(),
            out: Arc::new(move |line| {
                let line = serde_json::from_str(line).unwrap();
                kept.lock().unwrap().push(line);
            }),
        };
        let invocation = Invocation {
            request_id: None,
            header: None,
            sink: Sink::Held(Held::default()),
        };
        let recording = Recording::new(invocation, TraceId::from_bytes([1; 16]), None);
        (recording.measured(Some(metrics.tally("orders"))), lines)
    }

    fn work(recording: &Recording, name: &str, fault: bool) {
        let entry = recording.open(name, EntityId::from_bytes([1; 8]));
        recording.edit(entry, |document, _| document.fault = fault);
        recording.close(entry);
    }

    #[test]
    fn an_invocation_says_one_line_of_durations_and_faults() {
        let (recording, lines) = measured();
        work(&recording, "charge", true);
        work(&recording, "charge", false);
        work(&recording, "ship", false);
        recording.end();
        let lines = lines.lock().unwrap();
        let [line] = &lines[..] else {
            panic!("{lines:?}")
        };
        assert_eq!(line["charge.Duration"].as_array().unwrap().len(), 2);
        assert_eq!(
            (&line["charge.Faults"], &line["ship.Faults"]),
            (&json!(1), &json!(0))
        );
        assert_eq!(line["FunctionName"], "orders");
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "shop");
        assert_eq!(directive["Dimensions"], json!([["FunctionName"]]));
        let first = json!({"Name": "charge.Duration", "Unit": "Milliseconds"});
        assert_eq!(directive["Metrics"][0], first);
        assert!(line["_aws"]["Timestamp"].as_u64().unwrap() > 1_500_000_000_000);
    }

    #[test]
    fn a_line_keeps_to_the_limits_and_says_what_it_left_out() {
        let (recording, lines) = measured();
        for number in 0..60 {
            work(&recording, &format!("step{number:02}"), false);
        }
        for _ in 0..100 {
            work(&recording, "step00", false);
        }
        recording.end();
        let line = &lines.lock().unwrap()[0];
        let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
            .as_array()
            .unwrap();
        assert_eq!(metrics.len(), 2 * MOST_NAMES + 1);
        for metric in metrics {
            let value = &line[metric["Name"].as_str().unwrap()];
            assert!(value.is_u64() || value.as_array().unwrap().len() <= MOST_VALUES);
        }
        assert_eq!(line[LEFT_OUT], 60 - 49 + 1);
    }

    #[test]
    fn nothing_is_said_of_nothing_and_unless_it_is_asked_for() {
        let (recording, lines) = measured();
        recording.end();
        assert!(lines.lock().unwrap().is_empty());
        let of = |value: &'static str| Metrics::from_lookup(|_| Some(value.to_owned()));
        assert!(of("shop").is_some() && of(" ").is_none());
        assert!(Metrics::from_lookup(|_| None).is_none());
    }
}
