//! The bodies of the fuzz targets: what clients send that is read in a way of our own.
//!
//! They live here so that a stable test replays the corpus; the targets in `fuzz/` are one line each.

use std::sync::LazyLock;

use serde_json::{Value, json};
use xray_segment::TraceId;

use crate::compile::{Trace, compile, summarize};
use crate::document::accept;
use crate::filter::{Filter, FilterError};
use crate::graph::Graph;
use crate::limits::{self, Limits};
use crate::otel;
use crate::timeline::Timeline;

/// When documents come: after any of theirs.
const NOW: f64 = 2_000_000_000.0;

/// A trace with something for every keyword.
static SHOP: LazyLock<Trace> = LazyLock::new(|| {
    let root = json!({
        "id": "53995c3f42cd8ad8", "trace_id": "1-5759e988-bd862e3fe1be46a994272793", "name": "shop", "start_time": 1.0, "end_time": 3.5,
        "origin": "AWS::ECS::Container", "user": "ada", "fault": true, "annotations": { "order": "42", "amount": 12.5, "first": true },
        "http": { "request": { "method": "GET", "url": "https://shop.test/orders", "client_ip": "192.0.2.1" }, "response": { "status": 502 } },
        "cause": { "exceptions": [{ "id": "53995c3f42cd8ad0", "type": "Timeout", "message": "too slow" }] },
        "subsegments": [{
            "id": "53995c3f42cd8ad9", "name": "orders", "namespace": "aws", "start_time": 1.5, "end_time": 3.0, "throttle": true, "error": true,
            "aws": { "operation": "GetItem", "table_name": "orders" }, "http": { "response": { "status": 429 } },
        }],
    });
    compile(vec![root])
});

/// Any filter expression: what is read prints as what reads the same, and what is not is told at a place in the text.
pub fn filter(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let filter = match Filter::parse(&text) {
        Ok(filter) => filter,
        Err(error) => return assert_place(&error, &text),
    };
    let printed = filter.to_string();
    // Printing spells out what was short; what has become too long is not read.
    if printed.chars().count() <= limits::FILTER_EXPRESSION_CHARS {
        assert_eq!(Filter::parse(&printed).as_ref(), Ok(&filter), "{printed}");
    }
    if let (Some(it), Some(not)) = (
        holds(&printed, &SHOP),
        holds(&format!("!({printed})"), &SHOP),
    ) {
        assert_ne!(it, not, "{printed}");
    }
}

/// Whether an expression holds; nothing where it cannot be read, or is too long, or asks for groups of groups of groups.
fn holds(expression: &str, trace: &Trace) -> Option<bool> {
    let filter = Filter::parse(expression).ok()?;
    let search = filter.substitute::<FilterError>(|_| Ok(None));
    Some(search.ok()?.holds_of(trace))
}

fn assert_place(error: &FilterError, text: &str) {
    let told = error.to_string();
    let at = told.split("at character ").nth(1);
    let at = at.and_then(|rest| rest.split(':').next()?.parse::<usize>().ok());
    assert!(
        at.is_none_or(|at| at > 0 && at <= text.chars().count() + 1),
        "{told}"
    );
}

/// Any documents, one a line: those that are taken become a trace, which can be summed up, drawn, filtered and told in the words of OpenTelemetry.
pub fn documents(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let taken: Vec<Value> = text
        .lines()
        .filter(|line| accept((*line).to_owned(), &Limits::GENEROUS, NOW).is_ok())
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let trace = compile(taken);
    let id = TraceId::from_bytes([1; 16]);
    let summary = summarize(id, &trace, 1);
    assert_eq!(summary.get("Id"), Some(&Value::from(id.to_string())));
    let entities = trace.entities().count();
    let timeline = Timeline::new(&id.to_string(), &trace);
    assert!(timeline.rows.len() >= entities.min(1));
    let mut graph = Graph::default();
    graph.add(&trace);
    for segment in &trace.segments {
        for (_, span) in otel::spans(segment, id) {
            assert!(serde_json::from_str::<Value>(&span).is_ok(), "{span}");
        }
    }
    for expression in EXPRESSIONS {
        let not = holds(&format!("!({expression})"), &trace);
        assert_eq!(
            holds(expression, &trace),
            not.map(|not| !not),
            "{expression}"
        );
    }
}

/// Each looks at another part of a trace.
const EXPRESSIONS: [&str; 5] = [
    "fault OR partial OR duration > 1",
    "service(){ responsetime > 1 }",
    "edge(\"a\", \"b\"){ throttle }",
    "annotation.a = 1 AND http.url CONTAINS \"a\"",
    "rootcause.fault.service { name BEGINSWITH \"a\" }",
];
