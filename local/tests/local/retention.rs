//! How much of the past is there.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};
use xray_local::{Config, Keep, Local, Running};

use crate::documents::{TRACE, segment, trace_id, with};
use crate::service::{Service, post, segments};

const FOREVER: Keep = Keep {
    age: Duration::from_hours(24 * 365 * 1000),
    bytes: u64::MAX,
};

async fn start(data: &Path, keep: Keep) -> Running {
    let config = Config::new(data);
    Local::start(Config { keep, ..config }).await.unwrap()
}

async fn call(running: &Running, path: &str, input: Value) -> Value {
    post(running.addr(), path, input.to_string()).await.json()
}

fn document(number: usize, more: Value) -> String {
    let id = json!({ "trace_id": trace_id(number) });
    let document = segment("1000000000000001", "web", (0.0, 1.0), more);
    with(document, id).to_string()
}

/// Which of these traces are there.
async fn present(running: &Running, numbers: &[usize]) -> Vec<usize> {
    let ids: Vec<_> = numbers.iter().copied().map(trace_id).collect();
    let found = call(running, "/Traces", json!({ "TraceIds": ids })).await;
    let is_there = |number: &usize| {
        let id = trace_id(*number);
        let mut traces = found["Traces"].as_array().unwrap().iter();
        traces.any(|it| it["Id"] == id)
    };
    numbers.iter().copied().filter(is_there).collect()
}

async fn until<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    let held = async { while !holds().await {} };
    tokio::time::timeout(Duration::from_secs(20), held)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_too_old_goes_with_its_logs_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path(), FOREVER).await;
    let put = json!({ "TraceSegmentDocuments": [document(1, json!({})), document(2, json!({}))] });
    call(&first, "/TraceSegments", put).await;
    let event = json!({ "Time": 1.0, "TraceId": trace_id(1), "Message": "hello" });
    call(&first, "/PutLogs", json!({ "LogEvents": [event] })).await;
    let group = json!({ "GroupName": "slow", "FilterExpression": "responsetime > 5" });
    call(&first, "/CreateGroup", group).await;
    first.close().await;

    let same = start(folder.path(), Keep::default()).await;
    assert_eq!(present(&same, &[1, 2]).await, [1, 2]);
    same.close().await;

    let age = Duration::ZERO;
    let bytes = u64::MAX;
    let later = start(folder.path(), Keep { age, bytes }).await;
    until(async || present(&later, &[1, 2]).await.is_empty()).await;
    // Traces and logs go in turns.
    let logs = json!({ "TraceIds": [trace_id(1)] });
    until(async || call(&later, "/GetLogs", logs.clone()).await["LogEvents"] == json!([])).await;
    let groups = call(&later, "/Groups", json!({})).await;
    assert_eq!(groups["Groups"].as_array().unwrap().len(), 2, "{groups}");
}

#[tokio::test]
async fn where_there_is_no_room_the_oldest_go_and_the_newest_stay() {
    let folder = tempfile::tempdir().unwrap();
    // What zstd makes no smaller.
    let filling = |number: usize| -> String {
        let mut state = number as u64 + 1;
        let next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b'!' + u8::try_from(state >> 58).unwrap())
        };
        std::iter::repeat_with(next).take(40_000).collect()
    };
    let all = start(folder.path(), FOREVER).await;
    for number in 0..100 {
        let more = json!({ "metadata": { "default": { "filling": filling(number) } } });
        let put = json!({ "TraceSegmentDocuments": [document(number, more)] });
        call(&all, "/TraceSegments", put).await;
    }
    all.close().await;
    let bytes = 2_000_000;
    let age = FOREVER.age;
    let some = start(folder.path(), Keep { age, bytes }).await;
    until(async || !present(&some, &[0]).await.contains(&0)).await;
    let numbers: Vec<_> = (0..100).collect();
    until(async || present(&some, &numbers).await.len() < 60).await;
    let kept = present(&some, &numbers).await;
    assert!(kept.contains(&99), "the newest stay: {kept:?}");
    assert!(kept.len() >= 20, "no more goes than has to: {kept:?}");
    assert!(kept.is_sorted() && kept.last() == Some(&99));
    let gone_until = kept[0];
    assert_eq!(kept.len(), 100 - gone_until, "without gaps: {kept:?}");
}

#[tokio::test]
async fn a_store_of_an_earlier_version_is_brought_up_to_date_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("traces.db");
    let earlier = Connection::open(&file).unwrap();
    earlier
        .execute_batch(include_str!("stores/schema-2.sql"))
        .unwrap();
    drop(earlier);
    let running = start(&file, FOREVER).await;
    let traces = call(&running, "/Traces", json!({ "TraceIds": [TRACE] })).await;
    let web = &segments(&traces)[0];
    let customer = "it's \"quoted\" – ünïcode";
    assert_eq!(web["annotations"]["customer"], customer);
    assert_eq!(web["subsegments"][0]["in_progress"], true);
    assert_eq!(present(&running, &[7]).await, [7]);
    let range = json!({ "StartTime": 1_694_689_000, "EndTime": 1_694_690_000 });
    let graph = call(&running, "/ServiceGraph", range.clone()).await;
    assert!(!graph["Services"].as_array().unwrap().is_empty());
    let filter =
        json!({ "FilterExpression": format!("annotation.customer = {}", json!(customer)) });
    let found = call(&running, "/TraceSummaries", with(range, filter)).await;
    assert_eq!(found["TraceSummaries"][0]["Id"], TRACE);
    let rules = call(&running, "/GetSamplingRules", json!({})).await;
    let rule = &rules["SamplingRuleRecords"][0]["SamplingRule"];
    assert_eq!(rule["RuleName"], "checkout");

    let mut pay = web["subsegments"][0].clone();
    let end = json!({ "end_time": 1_694_689_696.5, "trace_id": TRACE, "type": "subsegment", "parent_id": web["id"] });
    pay.as_object_mut().unwrap().remove("in_progress");
    let put = json!({ "TraceSegmentDocuments": [with(pay, end).to_string()] });
    call(&running, "/TraceSegments", put).await;
    let traces = call(&running, "/Traces", json!({ "TraceIds": [TRACE] })).await;
    let pay = &segments(&traces)[0]["subsegments"][0];
    assert_eq!(pay["end_time"], 1_694_689_696.5);
}

#[tokio::test]
async fn documents_come_back_as_they_were_whatever_their_size() {
    let service = Service::start().await;
    for length in [0, 50, 100, 500, 60_000, 1_000_000] {
        let text = "ä\u{1}\u{1F600}x\"".repeat(length / 16);
        let more = json!({ "metadata": { "default": { "text": text } } });
        let web = segment("1000000000000001", "web", (0.0, 1.0), more);
        service.put(std::slice::from_ref(&web)).await;
        assert_eq!(service.trace(TRACE).await, [web], "{length}");
    }
}
