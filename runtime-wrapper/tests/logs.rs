//! Log lines of `tracing_subscriber` with the trace, the subsegment and the request they belong to.

use std::io::Write;
use std::sync::{Arc, Mutex};

use lambda_xray::logs::{Fields, Traced};
use lambda_xray::{Context, FutureExt, subsegment};
use serde_json::{Value, json};
use tracing::info;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{ROOT, SAMPLED, context, invoke, welcomed};

#[derive(Clone, Debug, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Written {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().split_off(0)).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn json(&self) -> Vec<Value> {
        let lines = self.lines().into_iter();
        lines
            .map(|line| serde_json::from_str(&line).unwrap())
            .collect()
    }
}

/// Logs a line within a subsegment; what its document has as its id.
async fn log(header: Option<&str>) -> Option<Value> {
    let (receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", header), |_| async {
        let work = async { info!(order = 42, "charged") };
        work.in_subsegment(subsegment("charge")).await;
        Ok(Value::Null)
    });
    answer.await.unwrap();
    let documents = receiver.documents();
    documents.first().map(|document| document["id"].clone())
}

#[tokio::test]
async fn a_json_line_says_where_it_belongs() {
    let written = Written::default();
    let lines = fmt().json().with_writer(written.clone());
    let lines = lines.map_event_format(Traced::new).finish();
    let _subscribed = tracing::subscriber::set_default(lines);
    let id = log(Some(SAMPLED)).await.unwrap();
    let [line] = &written.json()[..] else {
        panic!("one line")
    };
    assert_eq!(line["xray_trace_id"], ROOT);
    assert_eq!(line["segment_id"], id);
    assert_eq!(line["requestId"], "r1");
    assert_eq!(line["fields"], json!({"message": "charged", "order": 42}));
    assert_eq!(line["level"], "INFO");
}

#[tokio::test]
async fn what_is_not_there_is_not_said() {
    let written = Written::default();
    let lines = fmt().json().with_writer(written.clone());
    let lines = lines.map_event_format(Traced::new).finish();
    let _subscribed = tracing::subscriber::set_default(lines);
    log(Some(&format!(
        "Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0"
    )))
    .await;
    log(None).await;
    info!("outside");
    let [unsampled, untraced, outside] = &written.json()[..] else {
        panic!("three lines")
    };
    assert_eq!(unsampled["xray_trace_id"], ROOT);
    assert_eq!(unsampled.get("segment_id"), None);
    assert_eq!(
        (untraced.get("xray_trace_id"), &untraced["requestId"]),
        (None, &json!("r1"))
    );
    for field in ["xray_trace_id", "segment_id", "requestId"] {
        assert_eq!(outside.get(field), None);
    }
}

#[tokio::test]
async fn other_formats_take_the_fields_as_they_are() {
    let written = Written::default();
    let lines = fmt()
        .with_ansi(false)
        .without_time()
        .with_writer(written.clone());
    let lines = lines.map_event_format(Traced::new).finish();
    let _subscribed = tracing::subscriber::set_default(lines);
    log(Some(SAMPLED)).await;
    assert_eq!(written.lines(), [" INFO wrapper::logs: charged order=42"]);
    let (_receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        Ok(Fields::current().unwrap().to_string().into())
    });
    let said = answer.await.unwrap();
    let said = said.as_str().unwrap();
    assert!(
        said.starts_with(&format!("xray_trace_id={ROOT} segment_id=")),
        "{said}"
    );
    assert!(said.ends_with(" requestId=r1"), "{said}");
    assert_eq!(Fields::of(&Context::current()), None);
}

#[cfg(feature = "tracing")]
#[tokio::test]
async fn a_line_within_a_span_names_the_spans_subsegment() {
    use lambda_xray::spans::SpanLayer;
    use tracing::info_span;
    use tracing_subscriber::prelude::*;

    let written = Written::default();
    let lines = fmt::layer().json().with_writer(written.clone());
    let registry = tracing_subscriber::registry().with(lines.map_event_format(Traced::new));
    let _subscribed = tracing::subscriber::set_default(registry.with(SpanLayer::new()));
    let (receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", Some(SAMPLED)), |_| async {
        info_span!("charge").in_scope(|| info!("charged"));
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert_eq!(
        written.json()[0]["segment_id"],
        receiver.documents()[0]["id"]
    );
}
