//! `GetAnalytics`: what is put is found in numbers, one set of traces beside another.

use serde_json::{Value, json};

use crate::documents::{START, segment, trace_id, with};
use crate::service::Service;

/// Ten traces, one a minute: the odd ones are of customers that pay, take a second and fail; the others take 0.1 s.
async fn ten() -> Service {
    let service = Service::start().await;
    let traces: Vec<Value> = (0..10_u32).map(one).collect();
    service.put(&traces).await;
    service
}

fn one(number: u32) -> Value {
    let (is_odd, from) = (number % 2 == 1, f64::from(number) * 60.0);
    let took = if is_odd { 1.0 } else { 0.1 };
    let document = segment(
        &format!("{number:016x}"),
        "shop",
        (from, from + took),
        json!({
            "fault": is_odd,
            "user": format!("user-{number}"),
            "annotations": { "tier": if is_odd { "paid" } else { "free" } },
            "http": { "request": { "url": "http://shop/", "method": "GET" }, "response": { "status": if is_odd { 500 } else { 200 } } },
            "subsegments": [{ "id": format!("a{number:015x}"), "name": "query", "start_time": START + from, "end_time": START + from }],
        }),
    );
    with(document, json!({ "trace_id": trace_id(number as usize) }))
}

fn asked(more: Value) -> Value {
    with(
        json!({ "StartTime": START, "EndTime": START + 600.0 }),
        more,
    )
}

fn near(found: &Value, wanted: f64) -> bool {
    (found.as_f64().unwrap() - wanted).abs() < 1e-6
}

#[tokio::test]
async fn one_set_has_counts_percentiles_a_histogram_and_a_course() {
    let service = ten().await;
    let answer = service
        .call("/GetAnalytics", &asked(json!({ "Buckets": 10 })))
        .await;
    let a = &answer["A"];
    assert_eq!(
        (&a["Count"], &a["Fault"], &a["Error"]),
        (&json!(10), &json!(5), &json!(0))
    );
    assert!(near(&a["Percentiles"]["P50"], 0.1), "{a}");
    assert!(near(&a["Percentiles"]["P95"], 1.0), "{a}");
    let buckets = a["Histogram"].as_array().unwrap();
    let count = |it: &Value| it["Count"].as_u64().unwrap();
    assert!((2..=10).contains(&buckets.len()));
    assert_eq!(count(&buckets[0]), 5);
    assert_eq!(count(buckets.last().unwrap()), 5);
    let course: Vec<_> = a["Activity"].as_array().unwrap().iter().collect();
    assert_eq!(course.len(), 10);
    assert!(course.iter().all(|it| it["Count"] == 1), "{course:?}");
    assert!(near(&course[3]["Time"], START + 180.0) && course[3]["Fault"] == 1);
    assert_eq!(answer["Rows"], json!([]));
    assert!(answer.get("B").is_none());
}

#[tokio::test]
async fn two_sets_show_which_value_makes_the_difference() {
    let service = ten().await;
    let question = asked(json!({
        "FilterExpression": "fault", "By": "annotation.tier", "Compare": { "FilterExpression": "ok" },
    }));
    let answer = service.call("/GetAnalytics", &question).await;
    assert_eq!(
        (&answer["A"]["Count"], &answer["B"]["Count"]),
        (&json!(5), &json!(5))
    );
    let edges = |set: &Value| -> Vec<Value> {
        let buckets = set["Histogram"].as_array().unwrap().iter();
        buckets.map(|it| it["From"].clone()).collect()
    };
    assert_eq!(edges(&answer["A"]), edges(&answer["B"]));
    let rows = answer["Rows"].as_array().unwrap();
    let paid = rows.iter().find(|it| it["Value"] == "paid").unwrap();
    assert!(
        near(&paid["A"]["Share"], 1.0) && near(&paid["A"]["FaultRate"], 1.0),
        "{paid}"
    );
    assert!(
        near(&paid["B"]["Share"], 0.0) && near(&paid["Difference"], 1.0),
        "{paid}"
    );
    let free = rows.iter().find(|it| it["Value"] == "free").unwrap();
    assert!(
        near(&free["Difference"], -1.0) && near(&free["B"]["P50"], 0.1),
        "{free}"
    );
}

#[tokio::test]
async fn two_periods_can_be_compared_inside_a_group() {
    let service = ten().await;
    let group = json!({ "GroupName": "failed", "FilterExpression": "fault" });
    service.call("/CreateGroup", &group).await;
    let question = asked(json!({
        "EndTime": START + 240.0, "GroupName": "failed", "By": "status",
        "Compare": { "StartTime": START + 240.0, "EndTime": START + 600.0 },
    }));
    let answer = service.call("/GetAnalytics", &question).await;
    assert_eq!(
        (&answer["A"]["Count"], &answer["B"]["Count"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(answer["Rows"][0]["Value"], "500");
}

#[tokio::test]
async fn every_dimension_has_its_values() {
    let service = ten().await;
    for (by, first, rows) in [
        ("annotation.tier", "free", 2),
        ("url", "http://shop/", 1),
        ("status", "200", 2),
        ("method", "GET", 1),
        ("user", "user-0", 10),
        ("service", "shop", 1),
        ("subsegment", "query", 1),
        ("entry", "shop", 1),
    ] {
        let answer = service
            .call("/GetAnalytics", &asked(json!({ "By": by })))
            .await;
        assert_eq!(answer["Rows"][0]["Value"], first, "{by}");
        assert_eq!(answer["Rows"].as_array().unwrap().len(), rows, "{by}");
        assert_eq!(answer["Truncated"], false);
    }
}

#[tokio::test]
async fn rare_values_are_told_together() {
    let service = Service::start().await;
    let traces: Vec<Value> = (0..250).map(one).collect();
    service.put(&traces).await;
    let question = json!({ "StartTime": START, "EndTime": START + 250.0 * 60.0, "By": "user" });
    let answer = service.call("/GetAnalytics", &question).await;
    let rows = answer["Rows"].as_array().unwrap();
    assert_eq!(answer["Truncated"], true);
    assert_eq!(rows.len(), 201);
    assert_eq!(
        (&rows[200]["Value"], &rows[200]["A"]["Count"]),
        (&json!("(other)"), &json!(50))
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_what_does() {
    let service = Service::start().await;
    for (more, word) in [
        (json!({ "By": "colour" }), "annotation.KEY"),
        (json!({ "Buckets": 0 }), "1 to 500"),
        (
            json!({ "FilterExpression": "fault and" }),
            "FilterExpression",
        ),
        (json!({ "GroupName": "nobody" }), "nobody"),
    ] {
        let answer = service.post("/GetAnalytics", asked(more).to_string()).await;
        assert_eq!(answer.status, 400);
        let text = answer.json()["Message"].to_string();
        assert!(text.contains(word), "{text}");
    }
}
