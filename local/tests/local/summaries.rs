//! Lists of traces: their range, their order, their pages, and every field that clients read.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::documents::{START, TRACE, in_progress, segment, subsegment, trace_id, with};
use crate::service::Service;

fn range(from: f64, to: f64) -> Value {
    json!({ "StartTime": START + from, "EndTime": START + to })
}

async fn ids(service: &Service, input: &Value) -> Vec<String> {
    let output = service.call("/TraceSummaries", input).await;
    let summaries = output["TraceSummaries"].as_array().unwrap().clone();
    summaries
        .iter()
        .map(|it| it["Id"].as_str().unwrap().to_owned())
        .collect()
}

async fn put_many(service: &Service, count: usize) {
    // Three traces to each second, so that pages end between traces of one time.
    let document = |number: usize| {
        let second = u32::try_from(number / 3).map(f64::from).unwrap();
        let id = json!({ "trace_id": trace_id(number) });
        with(
            segment("1000000000000001", "web", (second, second + 0.5), json!({})),
            id,
        )
    };
    service
        .put(&(0..count).map(document).collect::<Vec<_>>())
        .await;
}

#[tokio::test]
async fn pages_hold_every_trace_once_newest_first() {
    let service = Service::start().await;
    put_many(&service, 250).await;
    let mut input = range(0.0, 1000.0);
    let (mut seen, mut times, mut pages) = (Vec::new(), Vec::new(), 0);
    loop {
        let page = service.call("/TraceSummaries", &input).await;
        for summary in page["TraceSummaries"].as_array().unwrap() {
            seen.push(summary["Id"].as_str().unwrap().to_owned());
            times.push(summary["StartTime"].as_f64().unwrap());
        }
        pages += 1;
        assert_eq!(
            page["TracesProcessedCount"],
            page["TraceSummaries"].as_array().unwrap().len()
        );
        match page.get("NextToken") {
            Some(next) => input["NextToken"] = next.clone(),
            None => break,
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(seen.len(), 250);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 250);
    assert!(times.is_sorted_by(|newer, older| newer >= older));
}

#[tokio::test]
async fn a_range_begins_with_its_start_and_ends_before_its_end() {
    let service = Service::start().await;
    put_many(&service, 9).await;
    assert_eq!(
        ids(&service, &range(1.0, 2.0)).await,
        [trace_id(5), trace_id(4), trace_id(3)]
    );
    let iso = json!({ "StartTime": "2023-09-14T11:08:17Z", "EndTime": "2023-09-14T11:08:18Z" });
    assert_eq!(ids(&service, &iso).await.len(), 3);
    let ends = with(range(0.4, 0.6), json!({ "TimeRangeType": "Service" }));
    assert_eq!(ids(&service, &ends).await.len(), 3);
    let arrived_long_ago = with(range(0.0, 10.0), json!({ "TimeRangeType": "Event" }));
    assert!(ids(&service, &arrived_long_ago).await.is_empty());
    let arrived = json!({ "StartTime": START, "EndTime": START * 2.0, "TimeRangeType": "Event" });
    let output = service.call("/TraceSummaries", &arrived).await;
    assert_eq!(output["TraceSummaries"].as_array().unwrap().len(), 9);
    assert!(
        output["TraceSummaries"][0]["MatchedEventTime"]
            .as_f64()
            .unwrap()
            > START
    );
}

#[tokio::test]
async fn until_now_in_whole_seconds_includes_this_second() {
    let service = Service::start().await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let started = now.as_secs_f64();
    let document = segment("1000000000000001", "web", (0.0, 0.5), json!({}));
    service
        .put(&[with(
            document,
            json!({ "start_time": started, "end_time": started }),
        )])
        .await;
    let until_now = json!({ "StartTime": now.as_secs() - 60, "EndTime": now.as_secs() });
    assert_eq!(ids(&service, &until_now).await, [TRACE]);
}

#[tokio::test]
async fn a_fixed_rate_gives_the_same_part_each_time() {
    let service = Service::start().await;
    let document = |number: u32| {
        let id = format!("1-6502e9a0-{:024x}", number.wrapping_mul(2_654_435_761));
        with(
            segment("1000000000000001", "web", (0.0, 0.5), json!({})),
            json!({ "trace_id": id }),
        )
    };
    service
        .put(&(0..100).map(document).collect::<Vec<_>>())
        .await;
    let half =
        json!({ "Sampling": true, "SamplingStrategy": { "Name": "FixedRate", "Value": 0.5 } });
    let input = with(range(0.0, 1.0), half);
    let some = ids(&service, &input).await;
    assert!((20..80).contains(&some.len()), "{}", some.len());
    assert_eq!(ids(&service, &input).await, some);
}

#[tokio::test]
async fn every_field_is_there_also_when_there_is_nothing_to_say() {
    let service = Service::start().await;
    service
        .put(&[segment("1000000000000001", "web", (0.0, 0.1234), json!({}))])
        .await;
    let output = service.call("/TraceSummaries", &range(0.0, 1.0)).await;
    let node = json!({ "Name": "web", "Names": ["web"] });
    assert_eq!(
        output["TraceSummaries"][0],
        json!({
            "Id": TRACE, "StartTime": START, "Duration": 0.123, "ResponseTime": 0.123,
            "HasFault": false, "HasError": false, "HasThrottle": false, "IsPartial": false,
            "Http": {}, "Annotations": {}, "Users": [],
            "ServiceIds": [node, { "Name": "web", "Names": ["web"], "Type": "client" }],
            "ResourceARNs": [], "InstanceIds": [], "AvailabilityZones": [],
            "EntryPoint": node,
            "FaultRootCauses": [], "ErrorRootCauses": [], "ResponseTimeRootCauses": [],
            "Revision": 1,
        })
    );
}

#[tokio::test]
async fn root_causes_lead_from_the_root_to_the_deepest_that_says_why() {
    let failed = |message: &str| json!({ "fault": true, "cause": { "exceptions": [{ "type": "E", "message": message }] } });
    let call = json!({ "namespace": "aws", "aws": { "table_name": "orders" }, "fault": true });
    let service = Service::start().await;
    service
        .put(&[
            segment("1000000000000001", "web", (0.0, 1.0), failed("backend failed")),
            subsegment("1000000000000002", "call", "1000000000000001", (0.1, 0.9), with(failed("500"), json!({ "namespace": "remote" }))),
            segment("1000000000000003", "backend", (0.2, 0.8), json!({ "parent_id": "1000000000000002", "fault": true, "origin": "AWS::ECS::Container" })),
            subsegment("1000000000000004", "work", "1000000000000003", (0.3, 0.4), failed("disk full")),
            subsegment("1000000000000005", "DynamoDB", "1000000000000003", (0.5, 0.6), call),
            subsegment("1000000000000006", "no reason", "1000000000000003", (0.6, 0.7), json!({ "fault": true })),
        ])
        .await;
    let output = service.call("/TraceSummaries", &range(0.0, 1.0)).await;
    let summary = &output["TraceSummaries"][0];
    assert_eq!(summary["ErrorRootCauses"], json!([]));
    let entity = |name: &str, remote: bool, messages: &[&str]| {
        let exceptions: Vec<_> = messages
            .iter()
            .map(|it| json!({ "Name": "E", "Message": it }))
            .collect();
        json!({ "Name": name, "Remote": remote, "Exceptions": exceptions })
    };
    let node = |name: &str, kind: &str, inferred: bool, path: Vec<Value>| json!({ "Name": name, "Names": [name], "Type": kind, "Inferred": inferred, "EntityPath": path });
    let web = node(
        "web",
        "",
        false,
        vec![
            entity("web", false, &["backend failed"]),
            entity("call", true, &["500"]),
        ],
    );
    let backend = |inside| {
        node(
            "backend",
            "AWS::ECS::Container",
            false,
            vec![entity("backend", false, &[]), inside],
        )
    };
    let table = node(
        "orders",
        "AWS::DynamoDB::Table",
        true,
        vec![entity("DynamoDB", true, &[])],
    );
    assert_eq!(
        summary["FaultRootCauses"],
        json!([
            { "ClientImpacting": true, "Services": [web, backend(entity("work", false, &["disk full"]))] },
            { "ClientImpacting": true, "Services": [web, backend(entity("DynamoDB", true, &[])), table] },
        ])
    );
}

#[tokio::test]
async fn segments_that_call_each_other_in_a_circle_are_summarized_too() {
    let failed = |parent: &str| json!({ "parent_id": parent, "fault": true, "cause": { "exceptions": [{}] } });
    let service = Service::start().await;
    service
        .put(&[
            segment(
                "1000000000000001",
                "a",
                (0.0, 1.0),
                failed("1000000000000002"),
            ),
            segment(
                "1000000000000002",
                "b",
                (0.0, 1.0),
                failed("1000000000000001"),
            ),
            segment(
                "1000000000000003",
                "c",
                (0.0, 1.0),
                failed("1000000000000002"),
            ),
        ])
        .await;
    let output = service.call("/TraceSummaries", &range(0.0, 1.0)).await;
    assert_eq!(
        output["TraceSummaries"][0]["FaultRootCauses"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// A web server with a user, a table and a backend that failed, each with something to say.
fn web_and_backend() -> Vec<Value> {
    let root = json!({
        "origin": "AWS::EC2::Instance", "error": true, "user": "alice", "annotations": { "plan": "free", "n": 1 },
        "http": { "request": { "method": "GET", "url": "http://x/", "user_agent": "curl", "client_ip": "192.0.2.1" },
                  "response": { "status": 429 } },
        "aws": { "account_id": "123456789012", "ec2": { "instance_id": "i-1", "availability_zone": "eu-west-1a" } },
    });
    let below =
        json!({ "throttle": true, "fault": true, "annotations": { "plan": "paid", "gift": true } });
    vec![
        segment("1000000000000001", "web", (0.0, 1.0), root),
        subsegment(
            "1000000000000002",
            "call",
            "1000000000000001",
            (0.5, 2.0),
            json!({ "annotations": { "plan": "free" } }),
        ),
        segment(
            "1000000000000003",
            "backend",
            (0.6, 0.7),
            with(below, json!({ "parent_id": "1000000000000002" })),
        ),
        subsegment(
            "1000000000000005",
            "dynamodb",
            "1000000000000001",
            (0.5, 0.55),
            json!({ "namespace": "aws", "aws": { "table_name": "orders" } }),
        ),
        in_progress(subsegment(
            "1000000000000004",
            "open",
            "1000000000000003",
            (0.6, 0.7),
            json!({}),
        )),
    ]
}

#[tokio::test]
async fn a_summary_tells_what_the_documents_say() {
    let service = Service::start().await;
    service.put(&web_and_backend()).await;
    let output = service.call("/TraceSummaries", &range(0.0, 1.0)).await;
    let summary = &output["TraceSummaries"][0];
    assert_eq!(
        (
            summary["Duration"].as_f64(),
            summary["ResponseTime"].as_f64()
        ),
        (Some(2.0), Some(1.0))
    );
    assert_eq!(summary["HasError"], true);
    assert_eq!(
        summary["HasFault"], false,
        "only the root's fault is the trace's"
    );
    assert_eq!(summary["HasThrottle"], true);
    assert_eq!(summary["IsPartial"], true);
    assert_eq!(
        summary["Http"],
        json!({ "HttpURL": "http://x/", "HttpMethod": "GET", "UserAgent": "curl", "ClientIp": "192.0.2.1", "HttpStatus": 429 })
    );
    let names = summary["ServiceIds"].as_array().unwrap().iter();
    let names: Vec<_> = names
        .map(|it| format!("{} {}", it["Name"], it["Type"]))
        .collect();
    assert_eq!(
        names,
        [
            "\"web\" \"AWS::EC2::Instance\"",
            "\"orders\" \"AWS::DynamoDB::Table\"",
            "\"backend\" null",
            "\"web\" \"client\""
        ]
    );
    let web = json!({ "Name": "web", "Names": ["web"], "Type": "AWS::EC2::Instance", "AccountId": "123456789012" });
    let backend = json!({ "Name": "backend", "Names": ["backend"] });
    assert_eq!(summary["EntryPoint"], web);
    assert_eq!(
        summary["Users"],
        json!([{ "UserName": "alice", "ServiceIds": [web] }])
    );
    assert_eq!(
        summary["Annotations"],
        json!({
            "plan": [
                { "AnnotationValue": { "StringValue": "free" }, "ServiceIds": [web] },
                { "AnnotationValue": { "StringValue": "paid" }, "ServiceIds": [backend] },
            ],
            "n": [{ "AnnotationValue": { "NumberValue": 1 }, "ServiceIds": [web] }],
            "gift": [{ "AnnotationValue": { "BooleanValue": true }, "ServiceIds": [backend] }],
        })
    );
    assert_eq!(summary["InstanceIds"], json!([{ "Id": "i-1" }]));
    assert_eq!(
        summary["AvailabilityZones"],
        json!([{ "Name": "eu-west-1a" }])
    );
    assert_eq!(summary["Revision"], 5);
}
