//! What the platform measured, as a subsegment of the invocation's trace.
//!
//! With active tracing Lambda writes segments of its own, with `Initialization`, `Restore`, `Invocation` and `Overhead` in them: those times are
//! not told a second time. What is nowhere in a trace is told here: memory, billed time, whether the start was a cold one, and what the
//! time between the handler's answer and the next event went to. Why so, and when it comes: `docs/telemetry.md`.

use std::time::Duration;

use serde_json::Map;
use xray_segment::{Decision, Document, EntityId, Timestamp};

use crate::buffer::Stored;
use crate::lambda::{Ending, Span, Usage};

/// Which invocations get one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Platform {
    /// None.
    #[default]
    Off,
    /// Those that were out of the ordinary: a cold start, a failure, memory nearly used up.
    Notable,
    /// Every sampled one.
    All,
}

/// From this share of memory on, in percent, its use is worth telling.
const NEARLY_USED_UP: u64 = 90;

/// The metadata's namespace, and the subsegment's name.
const NAME: &str = "platform";

impl Platform {
    /// Reads the setting.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "off" => Some(Self::Off),
            "notable" => Some(Self::Notable),
            "all" => Some(Self::All),
            _ => None,
        }
    }

    /// The subsegment of an invocation, if it gets one: beside what the function recorded; `ids` gives the ids.
    pub fn tell(
        self,
        ending: &Ending,
        usage: &Usage,
        mut ids: impl FnMut() -> EntityId,
    ) -> Option<Stored> {
        let told = match self {
            Self::Off => false,
            Self::Notable => is_notable(ending, usage),
            Self::All => true,
        };
        let trace = ending.trace.as_ref().or(usage.trace.as_ref());
        let Decision::Record { root, parent } = trace.filter(|_| told)?.decision() else {
            return None;
        };
        let id = ids();
        let ended = ending.at?;
        let start = before(ended, ending.duration?);
        let mut document = Document::subsegment(NAME, id, start).of_trace(root, parent);
        document.fault = ending.failed;
        annotate(&mut document, usage);
        document
            .metadata
            .insert(NAME.into(), metrics(ending, usage));
        let spans = ending.spans.iter().chain(&usage.spans);
        document.subsegments = spans.map(|span| subsegment(span, ids())).collect();
        let inner = document.subsegments.iter().filter_map(ended_at);
        let end = inner.fold(ended, Ord::max);
        document.end(end);
        Some(Stored {
            text: document.to_json(),
            trace_id: Some(root),
            id: Some(id),
        })
    }
}

fn is_notable(ending: &Ending, usage: &Usage) -> bool {
    let scarce = usage
        .memory
        .is_some_and(|memory| memory.used_mb * 100 >= memory.size_mb * NEARLY_USED_UP);
    ending.failed || usage.init.is_some() || usage.restore.is_some() || scarce
}

fn annotate(document: &mut Document<'_>, usage: &Usage) {
    let is_cold = usage.init.is_some() || usage.restore.is_some();
    document.annotations.insert("cold_start", is_cold);
    if let Some(memory) = usage.memory {
        document
            .annotations
            .insert("memory_used_mb", memory.used_mb);
        document
            .annotations
            .insert("memory_size_mb", memory.size_mb);
    }
    if let Some(billed) = usage.billed {
        document
            .annotations
            .insert("billed_ms", billed.as_secs_f64() * 1e3);
    }
}

fn metrics(ending: &Ending, usage: &Usage) -> Map<String, serde_json::Value> {
    let mut metrics = Map::new();
    for (key, duration) in [
        ("durationMs", ending.duration),
        ("initDurationMs", usage.init),
        ("restoreDurationMs", usage.restore),
    ] {
        if let Some(duration) = duration {
            metrics.insert(key.to_owned(), (duration.as_secs_f64() * 1e3).into());
        }
    }
    if let Some(error_type) = &ending.error_type {
        metrics.insert("errorType".to_owned(), error_type.clone().into());
    }
    metrics
}

/// Named in words: `responseLatency` is `response latency`.
fn subsegment(span: &Span, id: EntityId) -> Document<'static> {
    let mut name = String::new();
    for letter in span.name.chars() {
        if letter.is_uppercase() {
            name.push(' ');
        }
        name.extend(letter.to_lowercase());
    }
    let mut document = Document::subsegment(name, id, span.start);
    document.end(span.start.plus(span.duration));
    document
}

fn ended_at(document: &Document<'_>) -> Option<Timestamp> {
    match document.state {
        xray_segment::document::State::Ended(at) => Some(at),
        xray_segment::document::State::InProgress => None,
    }
}

fn before(at: Timestamp, duration: Duration) -> Timestamp {
    let seconds = at.as_seconds() - duration.as_secs_f64();
    Timestamp::from_seconds(seconds).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use xray_segment::TraceHeader;

    use super::*;
    use crate::lambda::Memory;

    fn header(sampled: u8) -> Option<TraceHeader> {
        let text = format!(
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={sampled}"
        );
        TraceHeader::parse(&text).ok()
    }

    fn ending() -> Ending {
        let start = Timestamp::from_seconds(1_700_000_000.0).unwrap();
        Ending {
            at: Some(start.plus(Duration::from_millis(120))),
            duration: Some(Duration::from_millis(120)),
            spans: vec![Span {
                name: "responseLatency".to_owned(),
                start,
                duration: Duration::from_millis(100),
            }],
            ..Ending::default()
        }
    }

    fn usage() -> Usage {
        Usage {
            billed: Some(Duration::from_millis(150)),
            memory: Some(Memory {
                used_mb: 40,
                size_mb: 128,
            }),
            trace: header(1),
            ..Usage::default()
        }
    }

    fn tell(platform: Platform, ending: &Ending, usage: &Usage) -> Option<Value> {
        let mut id = 0_u64;
        let ids = || {
            id += 1;
            EntityId::from_bytes(id.to_be_bytes())
        };
        let stored = platform.tell(ending, usage, ids)?;
        serde_json::from_str(&stored.text).ok()
    }

    #[test]
    fn what_is_nowhere_else_is_told() {
        let usage = Usage {
            init: Some(Duration::from_millis(80)),
            ..usage()
        };
        let expected = json!({
            "name": "platform", "id": "0000000000000001", "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "parent_id": "53995c3f42cd8ad8",
            "type": "subsegment", "start_time": 1_700_000_000.0, "end_time": 1_700_000_000.12,
            "annotations": {"cold_start": true, "memory_used_mb": 40, "memory_size_mb": 128, "billed_ms": 150.0},
            "metadata": {"platform": {"durationMs": 120.0, "initDurationMs": 80.0}},
            "subsegments": [
                {"name": "response latency", "id": "0000000000000002", "start_time": 1_700_000_000.0, "end_time": 1_700_000_000.1}
            ],
        });
        assert_eq!(tell(Platform::Notable, &ending(), &usage), Some(expected));
    }

    #[test]
    fn the_ordinary_is_told_only_when_all_is() {
        assert_eq!(tell(Platform::Notable, &ending(), &usage()), None);
        assert!(tell(Platform::All, &ending(), &usage()).is_some());
        assert_eq!(tell(Platform::Off, &ending(), &usage()), None);
        let scarce = Usage {
            memory: Some(Memory {
                used_mb: 116,
                size_mb: 128,
            }),
            ..usage()
        };
        assert!(tell(Platform::Notable, &ending(), &scarce).is_some());
        let failed = Ending {
            failed: true,
            error_type: Some("Runtime.ExitError".to_owned()),
            ..ending()
        };
        let told = tell(Platform::Notable, &failed, &usage()).unwrap();
        assert_eq!(told["fault"], true);
    }

    #[test]
    fn a_trace_that_is_not_sampled_is_left_alone() {
        for trace in [header(0), None] {
            let usage = Usage { trace, ..usage() };
            assert_eq!(tell(Platform::All, &ending(), &usage), None);
        }
    }
}
