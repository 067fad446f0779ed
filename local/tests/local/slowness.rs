//! Root causes of a slow response: the way to where the time went, as real summaries of X-Ray tell it.

use serde_json::{Value, json};

use crate::documents::{START, segment, subsegment};
use crate::service::Service;

async fn causes(documents: &[Value]) -> Value {
    let service = Service::start().await;
    service.put(documents).await;
    let range = json!({ "StartTime": START - 1.0, "EndTime": START + 1.0 });
    let output = service.call("/TraceSummaries", &range).await;
    output["TraceSummaries"][0]["ResponseTimeRootCauses"].clone()
}

/// A cold start: Lambda's initialisation takes most of `whole` seconds.
fn cold_start(whole: f64) -> Vec<Value> {
    let inside = |id: &str, name: &str, from: f64, to: f64| json!({ "id": id, "name": name, "start_time": START + from * whole, "end_time": START + to * whole });
    let initialization = inside("1000000000000003", "Initialization", 0.1, 0.963);
    let invocation = inside("1000000000000004", "Invocation", 0.963, 0.97);
    vec![
        segment(
            "1000000000000001",
            "fn",
            (0.0, whole),
            json!({ "origin": "AWS::Lambda" }),
        ),
        segment(
            "1000000000000002",
            "fn",
            (0.1 * whole, 0.963 * whole),
            json!({
                "origin": "AWS::Lambda::Function", "parent_id": "1000000000000001", "aws": { "account_id": "123456789012" },
                "subsegments": [initialization, invocation],
            }),
        ),
    ]
}

#[tokio::test]
async fn a_slow_trace_names_the_way_to_where_its_time_went() {
    let expected = json!([{
        "ClientImpacting": true,
        "Services": [
            {
                "Name": "fn", "Names": ["fn"], "Type": "AWS::Lambda", "Inferred": false,
                "EntityPath": [{ "Name": "fn", "Coverage": 1.0, "Remote": false }],
            },
            {
                "Name": "fn", "Names": ["fn"], "Type": "AWS::Lambda::Function", "AccountId": "123456789012", "Inferred": false,
                "EntityPath": [
                    { "Name": "fn", "Coverage": 0.863, "Remote": false },
                    { "Name": "Initialization", "Coverage": 0.863, "Remote": false },
                ],
            },
        ],
    }]);
    assert_eq!(causes(&cold_start(2.8)).await, expected);
}

#[tokio::test]
async fn a_quick_trace_has_no_causes() {
    assert_eq!(causes(&cold_start(1.3)).await, json!([]));
}

#[tokio::test]
async fn the_way_ends_where_no_part_took_most_of_the_time() {
    let part = |id: &str, name: &str, parent: &str, span| {
        subsegment(id, name, parent, span, json!({ "namespace": "remote" }))
    };
    let documents = [
        segment("1000000000000001", "web", (0.0, 4.0), json!({})),
        part("1000000000000002", "orders", "1000000000000001", (0.0, 3.0)),
        part("1000000000000003", "stock", "1000000000000002", (0.0, 1.0)),
        part("1000000000000004", "price", "1000000000000002", (1.0, 2.0)),
        part("1000000000000005", "advice", "1000000000000001", (3.0, 3.9)),
    ];
    let causes = causes(&documents).await;
    let services = causes[0]["Services"].as_array().unwrap();
    let entities: Vec<_> = services
        .iter()
        .flat_map(|it| it["EntityPath"].as_array().unwrap())
        .map(|it| {
            (
                it["Name"].as_str().unwrap(),
                it["Coverage"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(entities, [("web", 1.0), ("orders", 0.75), ("orders", 0.75)]);
    assert_eq!(services[1]["Inferred"], true);
    assert_eq!(services[1]["Type"], "remote");
}
