//! `xray-local trace`: one trace as a timeline.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::arguments::Trace;
use super::client::Client;
use super::draw::Canvas;
use super::{CliError, Lookup, terminal};
use crate::clock;
use crate::timeline::Timeline;

/// How far back the newest trace is looked for: as long as X-Ray keeps traces.
const KEPT_SECONDS: f64 = 30.0 * 86_400.0;

pub(super) async fn trace(options: &Trace, lookup: Lookup<'_>) -> Result<(), CliError> {
    let mut client = Client::connect(&options.endpoint, lookup).await?;
    let id = match &options.id {
        Some(id) => id.clone(),
        None => newest(&mut client).await?,
    };
    let answer = client.call("/Traces", &json!({ "TraceIds": [id] })).await?;
    let found = answer.pointer("/Traces/0").cloned();
    let found = found.ok_or_else(|| CliError::NoTrace(id, client.url().to_owned()))?;
    let text = if options.look.json {
        format!("{:#}\n", readable(found))
    } else {
        let canvas = Canvas {
            width: terminal::width(&options.look, lookup),
            palette: terminal::palette(&options.look, lookup),
        };
        canvas.draw(&timeline(&found))
    };
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

async fn newest(client: &mut Client) -> Result<String, CliError> {
    let now = clock::now();
    let range = json!({ "StartTime": now - KEPT_SECONDS, "EndTime": now + 1.0 });
    let answer = client.call("/TraceSummaries", &range).await?;
    let id = answer
        .pointer("/TraceSummaries/0/Id")
        .and_then(Value::as_str);
    id.map(str::to_owned)
        .ok_or_else(|| CliError::NoTraces(client.url().to_owned()))
}

fn timeline(found: &Value) -> Timeline {
    let id = found.get("Id").and_then(Value::as_str).unwrap_or_default();
    let segments = found.get("Segments").and_then(Value::as_array);
    let documents = segments.into_iter().flatten().filter_map(document);
    let trace = crate::Trace {
        segments: documents.collect(),
    };
    Timeline::new(id, &trace)
}

fn document(segment: &Value) -> Option<Value> {
    serde_json::from_str(segment.get("Document")?.as_str()?).ok()
}

/// The answer with its documents as JSON, not as strings of JSON.
fn readable(mut found: Value) -> Value {
    let segments = found.get_mut("Segments").and_then(Value::as_array_mut);
    for segment in segments.into_iter().flatten() {
        if let (Some(document), Value::Object(fields)) = (document(segment), segment) {
            fields.insert("Document".to_owned(), document);
        }
    }
    found
}
