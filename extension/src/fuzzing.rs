//! The bodies of the fuzz targets, one for each reader of bytes from outside that is not in `xray-segment`.
//!
//! They live here so that a stable test replays the corpus; the targets in `fuzz/` are one line each.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::lambda::{Record, Turn};
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
