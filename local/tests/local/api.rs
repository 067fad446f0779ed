//! The API as clients meet it: what it takes, what it refuses, and how it says so.

use serde_json::{Value, json};

use crate::documents::{START, TRACE, segment, subsegment, with};
use crate::service::Service;

#[tokio::test]
async fn a_document_comes_back_with_fields_nobody_here_knows() {
    let service = Service::start().await;
    let more = json!({ "future": { "field": [1, null, "ä"] }, "annotations": { "k": 1.5 } });
    let document = segment("1000000000000001", "web", (0.0, 1.0), more);
    service.put(std::slice::from_ref(&document)).await;
    assert_eq!(service.trace(TRACE).await, [document]);
}

#[tokio::test]
async fn unknown_ids_are_unprocessed_and_w3c_ids_are_known() {
    let service = Service::start().await;
    service
        .put(&[segment("1000000000000001", "web", (0.0, 1.5), json!({}))])
        .await;
    let missing = "1-5759e988-000000000000000000000000";
    let ids =
        json!({ "TraceIds": [TRACE, missing, "nonsense", "6502e9a00123456789abcdef01234567"] });
    let output = service.call("/Traces", &ids).await;
    assert_eq!(output["UnprocessedTraceIds"], json!([missing, "nonsense"]));
    assert_eq!(output["Traces"].as_array().unwrap().len(), 2);
    assert_eq!(output["Traces"][1]["Id"], TRACE);
    assert_eq!(output["Traces"][0]["Duration"], 1.5);
    assert_eq!(output["Traces"][0]["LimitExceeded"], false);
}

#[tokio::test]
async fn each_bad_document_is_answered_in_the_real_form_and_its_neighbours_are_stored() {
    let good = segment("1000000000000001", "web", (0.0, 1.0), json!({}));
    let changed = |more: Value| with(good.clone(), more).to_string();
    let without = |field: &str| {
        let mut document = good.clone();
        document.as_object_mut().unwrap().remove(field);
        document.to_string()
    };
    let table = [
        ("no JSON".to_owned(), "ParseError"),
        ("[1]".to_owned(), "ParseError"),
        ("[".repeat(5000), "ParseError"),
        ("\"\u{0}\"".to_owned(), "ParseError"),
        (without("id"), "MissingId"),
        (changed(json!({ "id": 7 })), "InvalidId"),
        (changed(json!({ "id": "short" })), "InvalidId"),
        (without("trace_id"), "MissingTraceId"),
        (changed(json!({ "trace_id": "1-2-3" })), "InvalidTraceId"),
        (without("name"), "MissingName"),
        (changed(json!({ "name": "a<b>" })), "InvalidName"),
        (without("start_time"), "MissingStartTime"),
        (changed(json!({ "start_time": "now" })), "InvalidStartTime"),
        (
            changed(json!({ "start_time": 1_694_689_696_000_u64 })),
            "InvalidStartTime",
        ),
        (changed(json!({ "end_time": null })), "InvalidEndTime"),
        (changed(json!({ "type": "subsegment" })), "MissingParentId"),
        (
            changed(json!({ "type": "subsegment", "parent_id": "x" })),
            "InvalidParentId",
        ),
        (
            changed(json!({ "subsegments": [{ "name": "a\nb" }] })),
            "InvalidName",
        ),
        (
            changed(json!({ "x": "y".repeat(1 << 20) })),
            "DocumentTooLarge",
        ),
    ];
    let service = Service::start().await;
    let mut documents: Vec<_> = table.iter().map(|(text, _)| text.clone()).collect();
    documents.insert(3, good.to_string());
    let output = service
        .call(
            "/TraceSegments",
            &json!({ "TraceSegmentDocuments": documents }),
        )
        .await;
    let unprocessed = output["UnprocessedTraceSegments"].as_array().unwrap();
    assert_eq!(unprocessed.len(), table.len());
    for (answer, (text, code)) in unprocessed.iter().zip(&table) {
        assert_eq!(answer["ErrorCode"], *code, "{text}");
        let kind = if text.contains("\"type\"") {
            "subsegment"
        } else {
            "segment"
        };
        assert_eq!(
            answer["Message"],
            format!("Invalid {kind}. ErrorCode: {code}")
        );
    }
    assert!(unprocessed[0].get("Id").is_none());
    assert_eq!(unprocessed[7]["Id"], "1000000000000001");
    assert_eq!(service.trace(TRACE).await, [good]);
}

#[tokio::test]
async fn errors_stand_in_the_header_and_in_the_body() {
    let service = Service::start().await;
    let range = json!({ "StartTime": START, "EndTime": START + 1.0 });
    let table = [
        (
            "/TraceSegments",
            "{".to_owned(),
            400,
            "InvalidRequestException",
        ),
        (
            "/TraceSegments",
            "{}".to_owned(),
            400,
            "InvalidRequestException",
        ),
        (
            "/TraceSegments",
            r#"{"TraceSegmentDocuments":[1]}"#.to_owned(),
            400,
            "InvalidRequestException",
        ),
        (
            "/TraceSummaries",
            String::new(),
            400,
            "InvalidRequestException",
        ),
        (
            "/TraceSummaries",
            with(range.clone(), json!({ "FilterExpression": "ok AND" })).to_string(),
            400,
            "InvalidRequestException",
        ),
        (
            "/TraceSummaries",
            with(range.clone(), json!({ "NextToken": "ä" })).to_string(),
            400,
            "InvalidRequestException",
        ),
        (
            "/TraceSummaries",
            json!({ "StartTime": 2, "EndTime": 1 }).to_string(),
            400,
            "InvalidRequestException",
        ),
        (
            "/Traces",
            json!({ "TraceIds": vec![TRACE; 500] }).to_string(),
            400,
            "InvalidRequestException",
        ),
        (
            "/NoOperation",
            "{}".to_owned(),
            404,
            "UnknownOperationException",
        ),
        ("/", "{}".to_owned(), 404, "UnknownOperationException"),
        (
            "/TraceSegments",
            " ".repeat(20 << 20),
            413,
            "RequestEntityTooLargeException",
        ),
    ];
    for (path, body, status, code) in table {
        let answer = service.post(path, body).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("x-amzn-errortype"), code, "{path}");
        assert_eq!(answer.json()["__type"], code, "{path}");
        assert!(
            !answer.json()["Message"].as_str().unwrap().is_empty(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_trace_deeper_than_json_parsers_read_is_still_served() {
    let service = Service::start().await;
    let id = |number: usize| format!("{number:016x}");
    let mut documents = vec![segment(&id(1), "top", (0.0, 1.0), json!({}))];
    documents.extend(
        (2..3000)
            .map(|number| subsegment(&id(number), "deep", &id(number - 1), (0.0, 1.0), json!({}))),
    );
    service.put(&documents).await;
    let segments = service.trace(TRACE).await;
    assert_eq!(segments.len(), 1);
    let text = segments[0].to_string();
    assert_eq!(text.matches("\"deep\"").count(), 2998);
}

#[tokio::test]
async fn sampling_rules_have_the_form_that_sdks_insist_on() {
    let service = Service::start().await;
    let rules = service.call("/GetSamplingRules", &json!({})).await;
    let record = &rules["SamplingRuleRecords"][0];
    assert_eq!(record["SamplingRule"]["FixedRate"], 1.0);
    assert_eq!(record["SamplingRule"]["Attributes"], json!({}));
    assert!(record["ModifiedAt"].is_number());
    let statistics = |rule: &str| {
        json!({
            "RuleName": rule, "ClientID": "0123456789abcdef01234567", "Timestamp": START,
            "RequestCount": 5, "SampledCount": 5, "BorrowCount": 0,
        })
    };
    let reports =
        json!({ "SamplingStatisticsDocuments": [statistics("Default"), statistics("gone")] });
    let targets = service.call("/SamplingTargets", &reports).await;
    assert_eq!(targets["SamplingTargetDocuments"][0]["FixedRate"], 1.0);
    assert_eq!(targets["UnprocessedStatistics"][0]["RuleName"], "gone");
    assert!(targets["LastRuleModification"].is_number());
}
