//! Whatever bytes come, an answer comes, and after it the service goes on as before.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::documents::{TRACE, segment};
use crate::service::{Service, post};

/// JSON of any form, with the fields of documents among its keys.
fn anything() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("id"),
        Just("trace_id"),
        Just("name"),
        Just("start_time"),
        Just("end_time"),
        Just("in_progress"),
        Just("subsegments"),
        Just("parent_id"),
        Just("type"),
        Just("http"),
        Just("request"),
        Just("response"),
        Just("status"),
        Just("url"),
        Just("aws"),
        Just("request_id"),
        Just("annotations"),
        Just("cause"),
        Just("exceptions"),
        Just("namespace"),
        Just("sql"),
        Just("links"),
        Just("user"),
        Just("origin"),
        Just("resource_arn"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("subsegment")),
        Just(json!("aws")),
        Just(json!("remote")),
        Just(json!("1000000000000001")),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from);
        let object = prop::collection::vec((key.clone(), inner), 0..8);
        let object = object.prop_map(|fields| {
            fields
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<Value>()
        });
        prop_oneof![list, object]
    })
}

/// What is taken, with anything in all of its other fields.
fn document() -> impl Strategy<Value = String> {
    anything().prop_map(|more| {
        let mut document = segment("1000000000000001", "web", (0.0, 1.0), json!({}));
        let known = ["id", "trace_id", "start_time", "name", "parent_id", "type"];
        if let (Value::Object(fields), Value::Object(more)) = (&mut document, more) {
            fields.extend(
                more.into_iter()
                    .filter(|(key, _)| !known.contains(&key.as_str())),
            );
        }
        document.to_string()
    })
}

/// The same cases in each run; `PROPTEST_CASES` asks for more of them.
fn runner() -> TestRunner {
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(Config::default().cases.min(4096))
    };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    )
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn a_body_of_any_bytes_is_answered() {
    let runtime = runtime();
    let service = runtime.block_on(Service::start());
    let text = anything().prop_map(|it| it.to_string().into_bytes());
    let body = prop_oneof![prop::collection::vec(any::<u8>(), 0..200), text];
    let paths = prop::sample::select(vec![
        "/TraceSegments",
        "/Traces",
        "/TraceSummaries",
        "/ServiceGraph",
        "/TraceGraph",
        "/PutLogs",
        "/GetLogs",
        "/SamplingTargets",
        "/CreateSamplingRule",
        "/CreateGroup",
        "/StartTraceRetrieval",
        "/TelemetryRecords",
        "/TimeSeriesServiceStatistics",
    ]);
    let answered = runner().run(&(paths, body), |(path, body)| {
        let answer = runtime.block_on(post(service.running.addr(), path, body));
        prop_assert!(answer.status.as_u16() < 500, "{path} {:?}", answer.body);
        Ok(())
    });
    answered.unwrap();
}

#[test]
fn a_document_with_anything_in_it_is_taken_and_every_view_of_it_is_answered() {
    let runtime = runtime();
    let service = runtime.block_on(Service::start());
    let range = json!({ "StartTime": 0, "EndTime": 1e10, "Period": 60 });
    let views = [
        ("/Traces", json!({ "TraceIds": [TRACE] })),
        ("/TraceGraph", json!({ "TraceIds": [TRACE] })),
        ("/GetLogs", json!({ "TraceIds": [TRACE] })),
        ("/TraceSummaries", range.clone()),
        ("/ServiceGraph", range),
    ];
    let answered = runner().run(&document(), |document| {
        let put = json!({ "TraceSegmentDocuments": [document] });
        runtime.block_on(service.call("/TraceSegments", &put));
        for (path, input) in &views {
            let answer = runtime.block_on(service.post(path, input.to_string()));
            prop_assert!(answer.status == 200, "{path}: {:?}", answer.body);
        }
        Ok(())
    });
    answered.unwrap();
}

#[tokio::test]
async fn what_is_too_large_or_too_deep_is_refused_by_itself() {
    let service = Service::start().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let input = json!({ "TraceSegmentDocuments": [deep, "x".repeat(2 << 20), "\u{0}", ""] });
    let output = service.call("/TraceSegments", &input).await;
    let codes: Vec<_> = output["UnprocessedTraceSegments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["ErrorCode"])
        .collect();
    assert_eq!(
        codes,
        ["ParseError", "DocumentTooLarge", "ParseError", "ParseError"]
    );
    let answer = service
        .post("/TraceSegments", vec![b' '; (16 << 20) + 1])
        .await;
    assert_eq!(answer.status, 413);
    let answer = service.post("/TraceSegments", "[".repeat(1 << 20)).await;
    assert_eq!(answer.status, 400);
}
