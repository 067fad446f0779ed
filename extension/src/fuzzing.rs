//! The bodies of the fuzz targets, one for each reader of bytes from outside that is not in `xray-segment`.
//!
//! They live here so that a stable test replays the corpus; the targets in `fuzz/` are one line each.

use std::time::{Duration, Instant, SystemTime};

use serde_json::value::RawValue;
use serde_json::{Value, json};
use xray_segment::{EntityId, Route, Timestamp};

use crate::buffer::Stored;
use crate::daemon;
use crate::decide::{Keep, Undecided};
use crate::lambda::{Record, Turn};
use crate::open::{Death, Open};
use crate::redact::Rules;
use crate::settings::Config;

/// Any answer of `/next`: nothing is taken for an invocation that has no id, and no deadline is longer than Lambda's longest.
pub fn event(bytes: &[u8]) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_hours(480_000);
    let turn = Turn::parse(bytes, now);
    assert_eq!(Turn::parse(bytes, now), turn);
    if let Turn::Invoke { request_id, .. } = turn {
        let text = String::from_utf8_lossy(bytes);
        assert!(text.contains(&request_id) || text.contains('\\'));
    }
}

/// Any batch of telemetry: what is strange in it costs its neighbours nothing.
pub fn telemetry(bytes: &[u8]) {
    let records = Record::parse_batch(bytes);
    let Ok(mut elements) = serde_json::from_slice::<Vec<Value>>(bytes) else {
        assert!(records.is_empty(), "what is no array has no records");
        return;
    };
    assert!(records.len() <= elements.len());
    let known = json!({"type": "platform.runtimeDone", "record": {"requestId": "known"}});
    elements.push(known.clone());
    let with_neighbour = Record::parse_batch(Value::from(elements).to_string().as_bytes());
    let alone = Record::parse_batch(Value::from(vec![known]).to_string().as_bytes());
    assert_eq!(with_neighbour.last(), alone.last());
    assert_eq!(with_neighbour.len(), records.len() + 1);
}

/// Any environment, one `NAME=value` a line: each wrong value is said once, and what holds then is within its bounds.
pub fn settings(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let variables: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let lookup = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let (config, wrong) = Config::read(lookup);
    assert!(wrong.len() <= variables.len());
    assert!(config.buffer_bytes > 0 && config.calls > 0 && !config.flush_budget.is_zero());
}

/// Any rules in the first line, and any document after it: what is redacted is still a document, and has nothing left to redact.
pub fn redact(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (rules, document) = text.split_once('\n').unwrap_or(("", &text));
    let usual = "annotations:email;metadata:password;query";
    let Some(rules) = Rules::parse(rules).or_else(|| Rules::parse(usual)) else {
        return;
    };
    if let Some(redacted) = rules.apply(document) {
        assert!(serde_json::from_str::<&RawValue>(&redacted).is_ok());
        let again = rules.apply(&redacted);
        assert!(again.is_none_or(|again| again == redacted));
    }
}

/// Any rules in the first line, and any documents, one a line: each is kept or left out, once, whatever they say and however little room there is.
pub fn kept(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (rules, documents) = text.split_once('\n').unwrap_or(("", &text));
    let Some(keep) = Keep::parse(rules).or_else(|| Keep::parse("faults,share:50%")) else {
        return;
    };
    let now = Instant::now();
    let mut undecided = Undecided::new(keep, 1024);
    let mut decided = Vec::new();
    let mut held = 0;
    for document in documents.lines() {
        let route = Route::parse(document).unwrap_or_default();
        let document = Stored {
            text: document.to_owned(),
            trace_id: route.trace_id,
            id: route.id,
        };
        held += 1;
        decided.push(undecided.hold(document, now));
    }
    decided.push(undecided.end_all(now, |_| false));
    let kept: usize = decided.iter().map(|decided| decided.kept.len()).sum();
    let left_out: u64 = decided.iter().map(|decided| decided.left_out).sum();
    assert_eq!(u64::try_from(kept).unwrap_or(u64::MAX) + left_out, held);
}

/// Any `cfg.yaml`: nothing is said of it more often than it has lines.
pub fn config_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let wrong = daemon::what_is_wrong_with("cfg.yaml", &text);
    assert!(wrong.len() <= text.lines().count());
}

/// Any notices of what is open, one a line, and a death: what was held is closed, each once, as a fault with a cause where it is a document at all.
pub fn open(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut open = Open::default();
    let mut held = std::collections::BTreeSet::new();
    for document in text.lines() {
        if open.hold(document) {
            held.extend(Route::parse(document).ok().map(|it| (it.trace_id, it.id)));
        }
    }
    let death = Death::Timeout {
        after: Some(Duration::from_secs(3)),
        memory: None,
    };
    let at = Timestamp::from_micros(2_000_000_000_000_000);
    let closed = open.close_all(&death, at, || EntityId::from_bytes([1; 8]));
    assert_eq!(closed.len(), held.len());
    for document in closed {
        assert!(held.contains(&(document.trace_id, document.id)));
        assert!(serde_json::from_str::<&RawValue>(&document.text).is_ok());
    }
    assert!(open.is_empty());
}
