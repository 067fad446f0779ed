//! Filter expressions as clients use them: on a few traces whose every answer is known.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::documents::{START, in_progress, segment, subsegment, trace_id, with};
use crate::service::Service;

/// The traces of these tests, each with the letter it is called by.
const LETTERS: &str = "wfsrl";

fn id_of(letter: char) -> String {
    trace_id(LETTERS.find(letter).unwrap())
}

fn of(letter: char, documents: Vec<Value>) -> impl Iterator<Item = Value> {
    let id = json!({ "trace_id": id_of(letter) });
    documents.into_iter().map(move |it| with(it, id.clone()))
}

/// A web server that handles an error of what it called; a user, annotations of every type.
fn web() -> Vec<Value> {
    vec![
        segment(
            "1000000000000001",
            "api.example.com",
            (0.0, 1.5),
            json!({
                "user": "alice",
                "http": {
                    "request": { "url": "http://api.example.com/v2/api/game/7", "method": "GET", "user_agent": "Chrome", "client_ip": "8.8.8.8" },
                    "response": { "status": 200 },
                },
                "aws": { "ec2": { "instance_id": "i-1", "availability_zone": "us-east-1a" }, "account_id": "123456789012" },
                "annotations": { "gameid": "817DL6VO", "age": 30, "beta": true, "old": false, "aws:api_id": "x", "account": "12345" },
            }),
        ),
        subsegment(
            "1000000000000002",
            "backend.example.com",
            "1000000000000001",
            (0.1, 1.0),
            json!({ "namespace": "remote", "error": true, "http": { "response": { "status": 404 } } }),
        ),
    ]
}

/// A function that failed because a table denied access to it.
fn function() -> Vec<Value> {
    let cause = json!({ "exceptions": [{ "type": "AccessDenied", "message": "Access Denied for account_id: 1234567890" }] });
    vec![
        segment(
            "1000000000000001",
            "random-name",
            (10.0, 10.4),
            json!({ "origin": "AWS::Lambda", "fault": true, "http": { "response": { "status": 500 } } }),
        ),
        segment(
            "1000000000000002",
            "random-name",
            (10.0, 10.4),
            json!({
                "origin": "AWS::Lambda::Function", "parent_id": "1000000000000001", "fault": true, "error": true,
                "resource_arn": "arn:aws:lambda:us-east-1:123456789012:function:random-name", "aws": { "account_id": "123456789012" },
            }),
        ),
        subsegment(
            "1000000000000003",
            "DynamoDB",
            "1000000000000002",
            (10.1, 10.3),
            json!({ "namespace": "aws", "fault": true, "aws": { "table_name": "traces" }, "cause": cause }),
        ),
    ]
}

/// A slow page whose time goes into one call, which was throttled on the way.
fn slow() -> Vec<Value> {
    let page = json!({ "http": { "request": { "url": "http://slow.example.com/" }, "response": { "status": 200 } } });
    vec![
        segment("1000000000000001", "slow.example.com", (20.0, 26.0), page),
        subsegment(
            "1000000000000002",
            "traces",
            "1000000000000001",
            (20.5, 25.5),
            json!({ "namespace": "remote", "throttle": true, "error": true }),
        ),
    ]
}

/// Something that goes on.
fn running() -> Vec<Value> {
    let begun = segment("1000000000000001", "worker", (30.0, 31.0), json!({}));
    vec![in_progress(begun)]
}

/// A segment that lasts longer than its root.
fn late() -> Vec<Value> {
    vec![
        segment("1000000000000001", "front", (40.0, 40.5), json!({})),
        segment(
            "1000000000000002",
            "data-plane",
            (40.2, 47.0),
            json!({ "parent_id": "1000000000000001" }),
        ),
    ]
}

async fn service() -> Service {
    let service = Service::start().await;
    let documents = of('w', web())
        .chain(of('f', function()))
        .chain(of('s', slow()))
        .chain(of('r', running()))
        .chain(of('l', late()));
    service.put(&documents.collect::<Vec<_>>()).await;
    service
}

fn query(filter: &str) -> Value {
    json!({ "StartTime": START - 1.0, "EndTime": START + 1000.0, "FilterExpression": filter })
}

/// The letters of the traces that are found, in the order of [`LETTERS`].
async fn found(service: &Service, filter: &str) -> String {
    let output = service.call("/TraceSummaries", &query(filter)).await;
    let summaries = output["TraceSummaries"].as_array().unwrap();
    let ids: BTreeSet<_> = summaries.iter().map(|it| it["Id"].as_str()).collect();
    let is_found = |letter: &char| ids.contains(&Some(id_of(*letter).as_str()));
    LETTERS.chars().filter(is_found).collect()
}

async fn check(expected: &[(&str, &str)]) {
    let service = service().await;
    for (filter, letters) in expected {
        assert_eq!(found(&service, filter).await, *letters, "{filter}");
    }
}

#[tokio::test]
async fn bare_keywords_ask_the_root() {
    check(&[
        ("", "wfsrl"),
        ("ok", "wsrl"),
        ("!ok", "f"),
        ("ok = false", "f"),
        ("fault", "f"),
        // Handled below the root.
        ("error", ""),
        ("throttle", "s"),
        ("partial", "r"),
        ("inferred", "wfs"),
        ("responsetime > 5", "s"),
        ("duration >= 5 AND duration <= 6.5", "s"),
        ("duration > 6.5", "l"),
        ("ok !partial duration <3", "w"),
        ("http.status != 200", "f"),
        ("http.status", "wfs"),
        (r#"http.url CONTAINS "/api/game/""#, "w"),
        ("http.url AND responseTime > 2", "s"),
        (r#"http.method = "GET""#, "w"),
        (r#"http.useragent BEGINSWITH "Chr""#, "w"),
        (r#"http.clientip ENDSWITH "8.8""#, "w"),
        ("(fault OR throttle) AND NOT responsetime > 5", "f"),
        (
            r#"http.url BEGINSWITH "http://api.example.com/" AND http.url CONTAINS "/v2/" AND !service("api.example.com")"#,
            "",
        ),
        (
            r#"fault = true AND http.url CONTAINS "example/game" AND responsetime >= 5"#,
            "",
        ),
    ])
    .await;
}

#[tokio::test]
async fn users_places_and_annotations_are_anywhere_in_the_trace() {
    check(&[
        (r#"user CONTAINS """#, "w"),
        (r#"user = "alice""#, "w"),
        (r#"user = "Alice""#, ""),
        (r#"availabilityzone = "us-east-1a""#, "w"),
        (r#"instance.id = "i-1""#, "w"),
        (r#"resource.arn BEGINSWITH "arn:aws:lambda""#, "f"),
        (r#"account.id = "123456789012""#, "wf"),
        (r#"annotation.gameid = "817DL6VO""#, "w"),
        (r#"annotation.gameid != "817DL6VO""#, ""),
        ("annotation.age", "w"),
        ("!annotation.age", "fsrl"),
        ("annotation.age > 29", "w"),
        ("annotation.age > 30", ""),
        (r#"annotation.age = "30""#, ""),
        ("annotation.beta", "w"),
        ("annotation.beta = true", "w"),
        ("annotation.old", ""),
        ("annotation.old = false", "w"),
        (r#"annotation[aws:api_id] = "x""#, "w"),
    ])
    .await;
}

#[tokio::test]
async fn services_are_nodes_of_the_graph() {
    check(&[
        ("service()", "wfsrl"),
        (r#"service("api.example.com")"#, "w"),
        (r#"!service("api.example.com")"#, "fsrl"),
        (r#"service("api.example.com") { fault }"#, ""),
        (r#"service("backend.example.com") { error }"#, "w"),
        ("service() { fault }", "f"),
        (r#"service("data-plane") {root = true}"#, ""),
        (r#"service("front") {root = true and !fault}"#, "l"),
        (r#"service("data-plane") { responsetime > 6 }"#, "l"),
        (
            r#"service("api.example.com") { fault = true OR responsetime > 1.2 } AND annotation.account = "12345""#,
            "w",
        ),
        (r#"service("random-name")"#, "f"),
        (
            r#"service(id(name: "random-name", type: "AWS::Lambda::Function")) { error }"#,
            "f",
        ),
        (
            r#"service(id(name: "random-name", type: "AWS::Lambda")) { error }"#,
            "",
        ),
        (r#"service(id(account.id: "123456789012"))"#, "wf"),
        (r#"service(id(type: "AWS::DynamoDB::Table")) { fault inferred }"#, "f"),
        (r#"service("traces")"#, "fs"),
        (r#"service(id(type: "remote")) { http.status = 404 }"#, "w"),
        (r#"service(id(name: "front", type: "client"))"#, "l"),
        (r#"service("api.example.com") { annotation.age = 30 }"#, "w"),
    ])
    .await;
}

#[tokio::test]
async fn edges_are_told_by_their_callers() {
    check(&[
        (r#"edge("api.example.com", "backend.example.com")"#, "w"),
        (r#"edge("api.example.com", "backend.example.com") { error }"#, "w"),
        (r#"edge("api.example.com", "backend.example.com") { fault }"#, ""),
        (r#"edge("backend.example.com", "api.example.com")"#, ""),
        (
            r#"edge(id(name: "random-name", type:"AWS::Lambda"), id(name: "random-name", type:"AWS::Lambda::Function")) { fault }"#,
            "f",
        ),
        (
            r#"edge(id(type: "AWS::Lambda::Function"), id(type: "AWS::DynamoDB::Table")) { fault = true }"#,
            "f",
        ),
        (r#"edge(id(type: "client"), "front")"#, "l"),
        (r#"edge("front", "front")"#, ""),
    ])
    .await;
}

#[tokio::test]
async fn root_causes_are_those_of_the_summary() {
    check(&[
        ("rootcause.fault.service", "f"),
        (r#"rootcause.fault.service { name = "random-name" }"#, "f"),
        (r#"rootcause.fault.service { name = "Auth" }"#, ""),
        ("rootcause.fault.service { index > 1 }", "f"),
        ("rootcause.fault.service { index > 5 }", ""),
        (
            r#"rootcause.fault.service { inferred and name = traces and type = "AWS::DynamoDB::Table" }"#,
            "f",
        ),
        (r#"rootcause.fault.service { first and type = "AWS::Lambda" }"#, "f"),
        (r#"rootcause.fault.entity { last and name = "DynamoDB" }"#, "f"),
        (
            r#"rootcause.fault.exception { last and message = "Access Denied for account_id: 1234567890" }"#,
            "f",
        ),
        (r#"rootcause.fault.exception { message CONTAINS "not authorized" }"#, ""),
        ("rootcause.responsetime.entity { last and coverage > 0.8 }", "s"),
        (
            r#"rootcause.responsetime.entity { remote and coverage > 0.7 and name = "traces" }"#,
            "s",
        ),
        (r#"rootcause.responsetime.entity { coverage > 0.9 and name = "traces" }"#, ""),
        (
            r#"rootcause.json = #[{ "Services": [ { "Name": "random-name" }, { "Name": "random-name", "EntityPath": [{ "Name": "random-name" }, { "Name": "DynamoDB" }] }, { "Inferred": true } ] }]"#,
            "f",
        ),
        (
            r#"rootcause.json = #[{ "Services": [ { "Name": "random-name" } ] }]"#,
            "",
        ),
        (r#"rootcause.json = #[{ "ClientImpacting": true }]"#, "fs"),
    ])
    .await;
}

#[tokio::test]
async fn a_group_means_what_its_expression_means_now() {
    let service = service().await;
    let group = json!({ "GroupName": "bad", "FilterExpression": "fault OR throttle" });
    let made = service.call("/CreateGroup", &group).await;
    let arn = made["Group"]["GroupARN"].as_str().unwrap();
    assert_eq!(found(&service, "group.name = \"bad\"").await, "fs");
    assert_eq!(
        found(&service, &format!("group.arn = \"{arn}\" responsetime > 5")).await,
        "s"
    );
    assert_eq!(found(&service, "group.name != \"bad\"").await, "wrl");
    assert_eq!(found(&service, "group.name = \"Default\"").await, "wfsrl");
    let changed = json!({ "GroupName": "bad", "FilterExpression": "partial" });
    service.call("/UpdateGroup", &changed).await;
    assert_eq!(found(&service, "group.name = bad").await, "r");
    let circle = json!({ "GroupName": "bad", "FilterExpression": "ok group.name = bad" });
    service.call("/UpdateGroup", &circle).await;
    refused(
        &service,
        "group.name = bad",
        "the group \"bad\" asks for itself",
    )
    .await;
    refused(&service, "group.name = none", "there is no group \"none\"").await;
}

async fn refused(service: &Service, filter: &str, start: &str) {
    let answer = service
        .post("/TraceSummaries", query(filter).to_string())
        .await;
    assert_eq!(answer.status, 400, "{filter}");
    assert_eq!(answer.header("x-amzn-ErrorType"), "InvalidRequestException");
    let message = answer.json()["Message"].as_str().unwrap().to_owned();
    assert!(message.starts_with(start), "{filter}: {message}");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_the_place() {
    let service = Service::start().await;
    let start = "FilterExpression at character 13: found CONTAINS, but here may stand =, !=, <";
    refused(&service, "http.status CONTAINS 5", start).await;
    let start = "FilterExpression at character 9: found the end, but here may stand a keyword";
    refused(&service, "ok and (", start).await;
}

/// Every third one is slow.
async fn put_many(service: &Service, count: usize) {
    let document = |number: usize| {
        let start = u32::try_from(number).map(f64::from).unwrap() / 10.0;
        let took = if number.is_multiple_of(3) { 9.0 } else { 1.0 };
        let id = json!({ "trace_id": trace_id(number) });
        with(
            segment("1000000000000001", "web", (start, start + took), json!({})),
            id,
        )
    };
    let documents: Vec<_> = (0..count).map(document).collect();
    for part in documents.chunks(1000) {
        service.put(part).await;
    }
}

/// How many each page has, how many were looked at for it, and the ids of all.
async fn pages(service: &Service, filter: &str) -> (Vec<(usize, u64)>, Vec<String>) {
    let mut input = query(filter);
    let (mut pages, mut ids) = (Vec::new(), Vec::new());
    loop {
        let page = service.call("/TraceSummaries", &input).await;
        let summaries = page["TraceSummaries"].as_array().unwrap();
        let processed = page["TracesProcessedCount"].as_u64().unwrap();
        pages.push((summaries.len(), processed));
        ids.extend(
            summaries
                .iter()
                .map(|it| it["Id"].as_str().unwrap().to_owned()),
        );
        match page.get("NextToken") {
            Some(next) => input["NextToken"] = next.clone(),
            None => return (pages, ids),
        }
    }
}

#[tokio::test]
async fn pages_are_filled_and_hold_every_match_once() {
    let service = Service::start().await;
    put_many(&service, 720).await;
    let (sizes, ids) = pages(&service, "responsetime > 5").await;
    // The newest is no match, nor the one before it: the first page looks at three for each.
    assert_eq!(sizes, [(100, 300), (100, 300), (40, 120)]);
    let expected: Vec<_> = (0..720_usize)
        .rev()
        .filter(|it| it.is_multiple_of(3))
        .map(trace_id)
        .collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn a_page_ends_when_it_has_looked_at_enough() {
    let service = Service::start().await;
    put_many(&service, 2100).await;
    // Nothing but the evaluator knows how long a trace took.
    let (sizes, ids) = pages(&service, "responsetime > 100").await;
    assert_eq!(sizes, [(0, 2000), (0, 100)]);
    assert!(ids.is_empty());
}

#[tokio::test]
async fn the_terminal_lists_what_a_filter_finds() {
    let service = Service::start().await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = now.as_secs_f64();
    let at = |number, name: &str, flags| {
        let times =
            json!({ "trace_id": trace_id(number), "start_time": now - 1.0, "end_time": now });
        with(
            with(
                segment("1000000000000001", name, (0.0, 0.0), times),
                json!({}),
            ),
            flags,
        )
    };
    let documents = [
        at(1, "good", json!({})),
        at(2, "bad", json!({ "fault": true })),
    ];
    service.put(&documents).await;
    let list = async |filter: &str| {
        let endpoint = format!("http://{}", service.running.addr());
        tokio::process::Command::new(env!("CARGO_BIN_EXE_xray-local"))
            .args(["traces", "--endpoint", &endpoint, "--filter", filter])
            .output()
            .await
            .unwrap()
    };
    let output = list("fault").await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("bad") && !text.contains("good"), "{text}");
    let output = list("fault AND").await;
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("at character 10: found the end"), "{text}");
}

#[tokio::test]
async fn rare_traces_among_many_are_found_by_what_they_say() {
    let service = Service::start().await;
    put_many(&service, 5000).await;
    let rare = |number: u32, more: Value| {
        let start = f64::from(number);
        let document = segment(
            &format!("{number:016x}"),
            "rare",
            (start, start + 0.5),
            more,
        );
        with(
            document,
            json!({ "trace_id": trace_id(100_000 + number as usize) }),
        )
    };
    service
        .put(&[
            rare(
                1,
                json!({ "annotations": { "order": "o-1" }, "fault": true }),
            ),
            rare(
                400,
                json!({ "annotations": { "order": "o-2" }, "user": "bob" }),
            ),
        ])
        .await;
    for (filter, found) in [
        (r#"annotation.order = "o-1""#, vec![1]),
        (r#"annotation.order = "o-2" AND service("rare")"#, vec![400]),
        (r#"annotation.order = "o-2" AND fault"#, vec![]),
        ("annotation.order", vec![400, 1]),
        (r#"user = "bob" OR fault"#, vec![400, 1]),
    ] {
        let (sizes, ids) = pages(&service, filter).await;
        let wanted: Vec<_> = found.into_iter().map(|it| trace_id(100_000 + it)).collect();
        assert_eq!(ids, wanted, "{filter}");
        // The first page has looked at those that may match, and at no others.
        assert!(sizes.len() == 1 && sizes[0].1 <= 2, "{filter}: {sizes:?}");
    }
}
