//! Insights: an outage that is put as traces is told, with its root cause, its events and what it reached.

use serde_json::{Value, json};
use xray_local::generate::{Outage, Plan, Service as Of};

use crate::documents::{START, with};
use crate::service::Service;

/// Forty minutes of the shop, in which a service fails from minute 20 to minute 26.
async fn outage(of: Of) -> Service {
    let service = Service::start().await;
    let plan = Plan {
        seed: 5,
        start: START,
        traces: 1600,
        length: 2400.0,
        outages: vec![Outage {
            service: of,
            from: 1200.0,
            to: 1560.0,
            rate: 0.5,
        }],
    };
    let documents: Vec<Value> = plan.traces().flatten().collect();
    for part in documents.chunks(1000) {
        service.put(part).await;
    }
    let enable =
        json!({ "GroupName": "Default", "InsightsConfiguration": { "InsightsEnabled": true } });
    service.call("/UpdateGroup", &enable).await;
    service
}

fn asked(more: Value) -> Value {
    with(
        json!({ "StartTime": START, "EndTime": START + 2400.0, "GroupName": "Default" }),
        more,
    )
}

async fn summaries(service: &Service, more: Value) -> Vec<Value> {
    let answer = service.call("/InsightSummaries", &asked(more)).await;
    answer["InsightSummaries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_outage_is_told_with_its_root_cause_and_its_ends() {
    let service = outage(Of::Table).await;
    let found = summaries(&service, json!({})).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    let it = &found[0];
    assert_eq!(it["RootCauseServiceId"]["Name"], "orders");
    assert_eq!(it["RootCauseServiceId"]["Type"], "AWS::DynamoDB::Table");
    assert_eq!(
        (&it["State"], &it["Categories"]),
        (&json!("CLOSED"), &json!(["FAULT"]))
    );
    let (start, end) = (
        it["StartTime"].as_f64().unwrap(),
        it["EndTime"].as_f64().unwrap(),
    );
    assert!((start - START - 1200.0).abs() <= 60.0, "{}", start - START);
    assert!((end - START - 1560.0).abs() <= 60.0, "{}", end - START);
    let clients = &it["ClientRequestImpactStatistics"];
    assert!(clients["FaultCount"].as_u64() > Some(80), "{clients}");
    assert!(it["Summary"].as_str().unwrap().contains('.'));
    let insight = service
        .call("/Insight", &json!({ "InsightId": it["InsightId"] }))
        .await;
    assert_eq!(insight["Insight"]["InsightId"], it["InsightId"]);
    assert_eq!(
        insight["Insight"]["RootCauseServiceId"],
        it["RootCauseServiceId"]
    );
    // Asked again, from elsewhere: it has the same id.
    let again = summaries(&service, json!({ "StartTime": START + 1300.0 })).await;
    assert_eq!(again[0]["InsightId"], it["InsightId"]);
}

#[tokio::test]
async fn events_tell_its_course_and_the_graph_what_it_reached() {
    let service = outage(Of::Table).await;
    let found = summaries(&service, json!({})).await;
    let id = &found[0]["InsightId"];
    let events = service
        .call("/InsightEvents", &json!({ "InsightId": id }))
        .await;
    let events = events["InsightEvents"].as_array().unwrap();
    assert!(events.len() >= 2, "{events:#?}");
    let times: Vec<_> = events
        .iter()
        .map(|it| it["EventTime"].as_f64().unwrap())
        .collect();
    assert!(times.is_sorted_by(|newer, older| newer > older));
    let one = json!({ "InsightId": id, "MaxResults": 1 });
    let first = service.call("/InsightEvents", &one).await;
    let next = with(one, json!({ "NextToken": first["NextToken"] }));
    let second = service.call("/InsightEvents", &next).await;
    assert_eq!(first["InsightEvents"][0], events[0]);
    assert_eq!(second["InsightEvents"][0], events[1]);

    let range = json!({ "InsightId": id, "StartTime": START, "EndTime": START + 2400.0 });
    let graph = service.call("/InsightImpactGraph", &range).await;
    let nodes = graph["Services"].as_array().unwrap();
    let kinds: Vec<_> = nodes
        .iter()
        .map(|it| it["Type"].as_str().unwrap())
        .collect();
    for kind in [
        "client",
        "AWS::ECS::Container",
        "AWS::Lambda",
        "AWS::Lambda::Function",
        "AWS::DynamoDB::Table",
    ] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
    let names: Vec<_> = nodes
        .iter()
        .map(|it| it["Name"].as_str().unwrap())
        .collect();
    assert!(!names.contains(&"payments.example.com"), "{names:?}");
}

#[tokio::test]
async fn an_outage_that_goes_on_is_active() {
    let service = outage(Of::Payments).await;
    let now = json!({ "EndTime": START + 1400.0 });
    let found = summaries(&service, now.clone()).await;
    assert_eq!(found[0]["State"], "ACTIVE");
    assert!(found[0].get("EndTime").is_none());
    assert_eq!(
        found[0]["RootCauseServiceId"]["Name"],
        "payments.example.com"
    );
    let states = |state| with(now.clone(), json!({ "States": [state] }));
    assert_eq!(summaries(&service, states("ACTIVE")).await.len(), 1);
    assert_eq!(summaries(&service, states("CLOSED")).await.len(), 0);
}

#[tokio::test]
async fn only_groups_that_ask_for_insights_have_them() {
    let service = outage(Of::Table).await;
    let group = json!({ "GroupName": "g", "FilterExpression": "service(\"shop\")" });
    service.call("/CreateGroup", &group).await;
    assert_eq!(
        summaries(&service, json!({ "GroupName": "g" })).await,
        [] as [Value; 0]
    );
    let enable = json!({ "GroupName": "g", "InsightsConfiguration": { "InsightsEnabled": true } });
    service.call("/UpdateGroup", &enable).await;
    let found = summaries(&service, json!({ "GroupName": "g" })).await;
    assert_eq!((found.len(), &found[0]["GroupName"]), (1, &json!("g")));
}

#[tokio::test]
async fn what_is_no_insight_is_refused() {
    let service = Service::start().await;
    let id = json!({ "InsightId": "00000000-0000-4000-8000-000000000000" });
    let range = with(id.clone(), json!({ "StartTime": 0, "EndTime": 60 }));
    for (path, input) in [
        ("/Insight", id.clone()),
        ("/InsightEvents", id),
        ("/InsightImpactGraph", range),
        ("/InsightSummaries", asked(json!({ "GroupName": "nobody" }))),
        ("/InsightSummaries", asked(json!({ "MaxResults": 101 }))),
        (
            "/InsightSummaries",
            asked(json!({ "EndTime": START + 1e7 })),
        ),
    ] {
        let answer = service.post(path, input.to_string()).await;
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(answer.header("x-amzn-ErrorType"), "InvalidRequestException");
    }
}
