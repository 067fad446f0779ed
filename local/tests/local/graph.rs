//! The service graph and its course over time, with the arithmetic of real answers of X-Ray.

use serde_json::{Value, json};

use crate::documents::{START, TRACE, in_progress, segment, subsegment, trace_id, with};
use crate::service::Service;

fn range(from: f64, to: f64) -> Value {
    json!({ "StartTime": START + from, "EndTime": START + to })
}

async fn graph(service: &Service) -> Vec<Value> {
    let output = service.call("/ServiceGraph", &range(0.0, 1e6)).await;
    output["Services"].as_array().unwrap().clone()
}

/// The node of a name and a type.
fn node<'a>(services: &'a [Value], name: &str, kind: Option<&str>) -> &'a Value {
    let is_it = |it: &&Value| it["Name"] == name && it["Type"].as_str() == kind;
    let found: Vec<_> = services.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{name} {kind:?} in {services:#?}");
    found[0]
}

/// The only edge of a node.
fn edge(node: &Value) -> &Value {
    assert_eq!(node["Edges"].as_array().unwrap().len(), 1, "{node:#}");
    &node["Edges"][0]
}

/// Ok, throttle, other errors, faults, total.
fn counts(it: &Value) -> [u64; 5] {
    let it = &it["SummaryStatistics"];
    let errors = &it["ErrorStatistics"];
    let count = |it: &Value| it.as_u64().unwrap();
    assert_eq!(
        count(&errors["TotalCount"]),
        count(&errors["ThrottleCount"]) + count(&errors["OtherCount"])
    );
    assert_eq!(
        it["FaultStatistics"]["TotalCount"],
        it["FaultStatistics"]["OtherCount"]
    );
    [
        count(&it["OkCount"]),
        count(&errors["ThrottleCount"]),
        count(&errors["OtherCount"]),
        count(&it["FaultStatistics"]["TotalCount"]),
        count(&it["TotalCount"]),
    ]
}

/// Lambda's two segments as AWS writes them: it initialises before the function's segment begins.
fn lambda() -> Vec<Value> {
    let aws = json!({ "account_id": "123456789012", "function_arn": "arn:aws:lambda:eu-west-1:123456789012:function:fn" });
    vec![
        segment(
            "1000000000000001",
            "fn",
            (0.0, 0.387),
            json!({ "origin": "AWS::Lambda", "http": { "response": { "status": 200 } } }),
        ),
        segment(
            "1000000000000002",
            "fn",
            (0.37, 0.384),
            json!({
                "origin": "AWS::Lambda::Function", "parent_id": "1000000000000001", "aws": aws,
                "subsegments": [
                    { "id": "1000000000000003", "name": "Initialization", "start_time": START + 0.142, "end_time": START + 0.3 },
                    { "id": "1000000000000004", "name": "DynamoDB", "namespace": "aws", "aws": { "table_name": "orders" },
                      "start_time": START + 0.372, "end_time": START + 0.38, "error": true, "throttle": true },
                ],
            }),
        ),
    ]
}

#[tokio::test]
async fn lambda_s_two_segments_are_two_nodes_and_the_edge_between_has_the_caller_s_times() {
    let service = Service::start().await;
    service.put(&lambda()).await;
    let services = graph(&service).await;
    let invoked = node(&services, "fn", Some("AWS::Lambda"));
    let function = node(&services, "fn", Some("AWS::Lambda::Function"));
    let table = node(&services, "orders", Some("AWS::DynamoDB::Table"));
    let client = node(&services, "fn", Some("client"));
    assert_eq!(services.len(), 4);
    assert_eq!(edge(client)["ReferenceId"], invoked["ReferenceId"]);
    assert_eq!(edge(invoked)["ReferenceId"], function["ReferenceId"]);
    assert_eq!(edge(function)["ReferenceId"], table["ReferenceId"]);
    assert_eq!(
        edge(invoked)["SummaryStatistics"]["TotalResponseTime"],
        0.387
    );
    assert_eq!(function["SummaryStatistics"]["TotalResponseTime"], 0.014);
    assert_eq!(
        function["DurationHistogram"],
        json!([{ "Value": 0.242, "Count": 1 }])
    );
    assert_eq!(
        function["ResponseTimeHistogram"],
        json!([{ "Value": 0.014, "Count": 1 }])
    );
    assert_eq!(counts(edge(function)), [0, 1, 0, 0, 1]);
    assert_eq!(counts(table), [0, 1, 0, 0, 1]);
    assert_eq!(function["AccountId"], "123456789012");
    assert_eq!(invoked.get("AccountId"), None);
    assert_eq!(invoked["Root"], true);
    assert_eq!(function.get("Root"), None);
    let states = [client, invoked, function, table].map(|it| it["State"].as_str().unwrap());
    assert_eq!(states, ["unknown", "active", "active", "unknown"]);
    assert_eq!(edge(function)["StartTime"], START + 0.372);
    assert_eq!(table["EndTime"], START + 0.38);
}

#[tokio::test]
async fn a_client_has_one_edge_and_no_statistics_of_its_own() {
    let service = Service::start().await;
    service
        .put(&[segment("1000000000000001", "web", (0.5, 1.5), json!({}))])
        .await;
    let services = graph(&service).await;
    let statistics = json!({
        "OkCount": 1, "ErrorStatistics": { "ThrottleCount": 0, "OtherCount": 0, "TotalCount": 0 },
        "FaultStatistics": { "OtherCount": 0, "TotalCount": 0 }, "TotalCount": 1, "TotalResponseTime": 1.0,
    });
    let times = json!([{ "Value": 1.0, "Count": 1 }]);
    let expected = json!([
        {
            "ReferenceId": 0, "Name": "web", "Names": ["web"], "Root": true, "State": "active",
            "StartTime": START + 0.5, "EndTime": START + 1.5, "Edges": [],
            "SummaryStatistics": statistics, "DurationHistogram": times, "ResponseTimeHistogram": times,
        },
        {
            "ReferenceId": 1, "Name": "web", "Names": ["web"], "Type": "client", "State": "unknown",
            "StartTime": START + 0.5, "EndTime": START + 1.5,
            "Edges": [{
                "ReferenceId": 0, "StartTime": START + 0.5, "EndTime": START + 1.5, "SummaryStatistics": statistics,
                "ResponseTimeHistogram": times, "Aliases": [],
            }],
            "DurationHistogram": [], "ResponseTimeHistogram": [],
        },
    ]);
    assert_eq!(Value::from(services), expected);
}

#[tokio::test]
async fn each_request_is_in_exactly_one_counter() {
    let service = Service::start().await;
    let flags = |number: usize| match number {
        0..2842 => json!({}),
        2842..2853 => json!({ "error": true, "throttle": true }),
        2853..2953 => json!({ "error": true }),
        2953..3000 => json!({ "error": true, "throttle": true, "fault": true }),
        _ => json!({ "fault": true }),
    };
    let document = |number: usize| {
        let id = json!({ "trace_id": trace_id(number) });
        let web = segment("1000000000000001", "web", (0.0, 0.25), flags(number));
        with(web, id)
    };
    let documents: Vec<_> = (0..3553).map(document).collect();
    service.put(&documents).await;
    let services = graph(&service).await;
    assert_eq!(
        counts(node(&services, "web", None)),
        [2842, 11, 100, 600, 3553]
    );
    let client = node(&services, "web", Some("client"));
    assert_eq!(counts(edge(client)), [2842, 11, 100, 600, 3553]);
    assert_eq!(
        edge(client)["SummaryStatistics"]["TotalResponseTime"],
        888.25
    );
    assert_eq!(
        edge(client)["ResponseTimeHistogram"],
        json!([{ "Value": 0.25, "Count": 3553 }])
    );
}

/// A web service that calls another twice, with a retry, a host outside and a database.
fn web() -> Vec<Value> {
    let call = |id: &str, name: &str, span, more| {
        subsegment(
            id,
            name,
            "1000000000000001",
            span,
            with(json!({ "namespace": "remote" }), more),
        )
    };
    let served = |id: &str, parent: &str, span, more| {
        segment(
            id,
            "orders",
            span,
            with(
                json!({ "parent_id": parent, "origin": "AWS::ECS::Container" }),
                more,
            ),
        )
    };
    vec![
        segment("1000000000000001", "web", (0.0, 1.0), json!({})),
        call("1000000000000002", "orders.local", (0.1, 0.4), json!({})),
        served(
            "2000000000000002",
            "1000000000000002",
            (0.15, 0.2),
            json!({ "fault": true }),
        ),
        served(
            "2000000000000003",
            "1000000000000002",
            (0.25, 0.35),
            json!({}),
        ),
        call(
            "1000000000000003",
            "orders.local",
            (0.4, 0.5),
            json!({ "fault": true }),
        ),
        served(
            "2000000000000004",
            "1000000000000003",
            (0.42, 0.48),
            json!({ "fault": true }),
        ),
        call(
            "1000000000000004",
            "api.example.com",
            (0.5, 0.7),
            json!({ "error": true }),
        ),
        call(
            "1000000000000005",
            "db@host",
            (0.7, 0.8),
            json!({ "sql": {} }),
        ),
        call(
            "1000000000000006",
            "traced.example.com",
            (0.8, 0.9),
            json!({ "http": { "request": { "traced": true } } }),
        ),
        subsegment(
            "1000000000000007",
            "own work",
            "1000000000000001",
            (0.9, 1.0),
            json!({}),
        ),
    ]
}

#[tokio::test]
async fn an_edge_tells_what_the_caller_saw_and_a_node_what_the_service_did() {
    let service = Service::start().await;
    service.put(&web()).await;
    let services = graph(&service).await;
    let orders = node(&services, "orders", Some("AWS::ECS::Container"));
    assert_eq!(counts(orders), [1, 0, 0, 2, 3]);
    assert_eq!(orders["SummaryStatistics"]["TotalResponseTime"], 0.21);
    let edges = node(&services, "web", None)["Edges"].as_array().unwrap();
    assert_eq!(edges.len(), 3);
    let to_orders = edges
        .iter()
        .find(|it| it["ReferenceId"] == orders["ReferenceId"])
        .unwrap();
    assert_eq!(counts(to_orders), [1, 0, 0, 1, 2]);
    assert_eq!(to_orders["SummaryStatistics"]["TotalResponseTime"], 0.4);
    assert_eq!(
        counts(node(&services, "api.example.com", Some("remote"))),
        [0, 0, 1, 0, 1]
    );
    assert_eq!(
        counts(node(&services, "db@host", Some("Database::SQL"))),
        [1, 0, 0, 0, 1]
    );
    assert_eq!(services.len(), 5);
    for (number, service) in services.iter().enumerate() {
        assert_eq!(service["ReferenceId"], number);
    }
}

#[tokio::test]
async fn what_goes_on_is_not_counted_until_it_ends() {
    let service = Service::start().await;
    let web = segment("1000000000000001", "web", (0.0, 1.0), json!({}));
    let call = subsegment(
        "1000000000000002",
        "api",
        "1000000000000001",
        (0.1, 0.2),
        json!({ "namespace": "remote" }),
    );
    service.put(&[in_progress(web.clone()), call]).await;
    let services = graph(&service).await;
    assert_eq!(services.len(), 2);
    let open = node(&services, "web", None);
    assert_eq!(counts(open), [0, 0, 0, 0, 0]);
    assert_eq!(counts(edge(open)), [1, 0, 0, 0, 1]);
    assert_eq!(open["StartTime"], START + 0.1);
    service.put(&[web]).await;
    let services = graph(&service).await;
    assert_eq!(counts(node(&services, "web", None)), [1, 0, 0, 0, 1]);
    assert_eq!(services.len(), 3);
}

#[tokio::test]
async fn the_same_traces_give_the_same_answer_whichever_came_first() {
    let [forth, back] = [Service::start().await, Service::start().await];
    let documents: Vec<_> = [lambda(), web()]
        .into_iter()
        .enumerate()
        .flat_map(|(number, documents)| {
            let id = json!({ "trace_id": trace_id(number) });
            documents.into_iter().map(move |it| with(it, id.clone()))
        })
        .collect();
    for document in &documents {
        forth.put(std::slice::from_ref(document)).await;
    }
    for document in documents.iter().rev() {
        back.put(std::slice::from_ref(document)).await;
    }
    assert_eq!(graph(&forth).await, graph(&back).await);
    assert_eq!(graph(&forth).await, graph(&forth).await);
    assert_eq!(graph(&forth).await.len(), 9);
}

#[tokio::test]
async fn segments_that_call_themselves_or_each_other_end() {
    let service = Service::start().await;
    let calls = |id: &str, name: &str, parent: &str| {
        segment(id, name, (0.0, 1.0), json!({ "parent_id": parent }))
    };
    service
        .put(&[
            calls("1000000000000001", "own parent", "1000000000000001"),
            calls("1000000000000002", "a", "1000000000000003"),
            calls("1000000000000003", "b", "1000000000000002"),
        ])
        .await;
    let services = graph(&service).await;
    assert_eq!(services.len(), 4);
    let (a, b) = (node(&services, "a", None), node(&services, "b", None));
    assert_eq!(edge(a)["ReferenceId"], b["ReferenceId"]);
    assert_eq!(edge(b)["ReferenceId"], a["ReferenceId"]);
}

#[tokio::test]
async fn a_range_without_traces_has_an_empty_graph_also_for_the_default_group() {
    let service = Service::start().await;
    service.put(&web()).await;
    let empty = service.call("/ServiceGraph", &range(5.0, 6.0)).await;
    let expected = json!({
        "StartTime": START + 5.0, "EndTime": START + 6.0, "Services": [], "ContainsOldGroupVersions": false,
    });
    assert_eq!(empty, expected);
    let group = with(range(0.0, 6.0), json!({ "GroupName": "Default" }));
    let all = service.call("/ServiceGraph", &group).await;
    assert_eq!(all["Services"], Value::from(graph(&service).await));
}

#[tokio::test]
async fn a_group_is_found_by_name_or_arn() {
    let service = Service::start().await;
    service.put(&web()).await;
    let created = service
        .call("/CreateGroup", &json!({ "GroupName": "everything" }))
        .await;
    let arn = created["Group"]["GroupARN"].as_str().unwrap();
    for group in [
        json!({ "GroupName": "everything" }),
        json!({ "GroupARN": arn }),
    ] {
        for (path, list, count) in [
            ("/ServiceGraph", "Services", 5),
            (
                "/TimeSeriesServiceStatistics",
                "TimeSeriesServiceStatistics",
                1,
            ),
        ] {
            let input = with(range(0.0, 6.0), group.clone());
            let output = service.call(path, &input).await;
            assert_eq!(output[list].as_array().unwrap().len(), count, "{path}");
        }
    }
}

#[tokio::test]
async fn a_graph_of_traces_has_those_traces_and_each_once() {
    let service = Service::start().await;
    let other = json!({ "trace_id": trace_id(7) });
    service.put(&web()).await;
    service
        .put(&[with(
            segment("1000000000000001", "other", (0.0, 1.0), json!({})),
            other,
        )])
        .await;
    let ids = json!({ "TraceIds": [TRACE, TRACE, "nonsense", trace_id(9)] });
    let output = service.call("/TraceGraph", &ids).await;
    let services = output["Services"].as_array().unwrap();
    assert_eq!(services.len(), 5);
    assert_eq!(counts(node(services, "web", None)), [1, 0, 0, 0, 1]);
    let nothing = service
        .call("/TraceGraph", &json!({ "TraceIds": [] }))
        .await;
    assert_eq!(nothing, json!({ "Services": [] }));
}

async fn series(service: &Service, selector: Option<&str>, period: Option<u64>) -> Vec<Value> {
    let mut input = range(0.0, 1e6);
    if let Some(selector) = selector {
        input["EntitySelectorExpression"] = json!(selector);
    }
    if let Some(period) = period {
        input["Period"] = json!(period);
    }
    let output = service.call("/TimeSeriesServiceStatistics", &input).await;
    assert_eq!(output["ContainsOldGroupVersions"], false);
    let points = output["TimeSeriesServiceStatistics"].as_array().unwrap();
    points.clone()
}

/// One request every 20 s for five minutes, every fifth a fault.
async fn put_regular(service: &Service) {
    let documents: Vec<_> = (0..15_u32)
        .map(|number| {
            let begin = f64::from(number) * 20.0;
            let fault = json!({ "fault": number % 5 == 0, "trace_id": trace_id(number as usize) });
            segment("1000000000000001", "web", (begin, begin + 0.5), fault)
        })
        .collect();
    service.put(&documents).await;
}

#[tokio::test]
async fn a_series_counts_by_period_from_round_times_on() {
    let service = Service::start().await;
    put_regular(&service).await;
    let points = series(&service, None, None).await;
    // The tests' time is 16 seconds past the minute.
    let begin = START - 16.0;
    let times: Vec<_> = points
        .iter()
        .map(|it| it["Timestamp"].as_f64().unwrap() - begin)
        .collect();
    assert_eq!(times, [0.0, 60.0, 120.0, 180.0, 240.0]);
    for point in &points {
        assert_eq!(point["EdgeSummaryStatistics"]["TotalCount"], 3);
        assert_eq!(point["EdgeSummaryStatistics"]["TotalResponseTime"], 1.5);
        assert_eq!(point.get("ServiceSummaryStatistics"), None);
        assert_eq!(
            point["ResponseTimeHistogram"],
            json!([{ "Value": 0.5, "Count": 3 }])
        );
    }
    let coarse = series(&service, None, Some(300)).await;
    let totals: Vec<_> = coarse
        .iter()
        .map(|it| {
            (
                &it["EdgeSummaryStatistics"]["TotalCount"],
                &it["EdgeSummaryStatistics"]["FaultStatistics"]["TotalCount"],
            )
        })
        .collect();
    assert_eq!(json!(totals), json!([[6, 2], [9, 1]]));
}

#[tokio::test]
async fn a_series_is_about_the_service_or_the_edge_that_is_selected() {
    let service = Service::start().await;
    let both = [
        lambda(),
        web()
            .into_iter()
            .map(|it| with(it, json!({ "trace_id": trace_id(1) })))
            .collect(),
    ];
    service.put(&both.concat()).await;
    for (selector, side, count) in [
        (r#"service("web")"#, "Service", 1),
        (r#"service("orders")"#, "Service", 4),
        (
            r#"service(id(name: "orders", type: "AWS::ECS::Container"))"#,
            "Service",
            3,
        ),
        (r#"service(id(account.id: "123456789012"))"#, "Service", 1),
        (r#"service("fn")"#, "Service", 2),
        ("service()", "Service", 9),
        (r#"edge("web", "orders")"#, "Edge", 2),
        (r#"edge("fn", "fn")"#, "Edge", 1),
        (r#"edge(id(name: "fn", type: "client"), "fn")"#, "Edge", 1),
    ] {
        let points = series(&service, Some(selector), Some(60)).await;
        assert_eq!(points.len(), 1, "{selector}");
        let statistics = &points[0][format!("{side}SummaryStatistics")];
        assert_eq!(statistics["TotalCount"], count, "{selector}");
    }
    assert!(
        series(&service, Some(r#"service("nobody")"#), None)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_reason() {
    let service = Service::start().await;
    let selector = |text: &str| json!({ "EntitySelectorExpression": text });
    let ids = vec![TRACE; 500];
    for (path, more, said) in [
        (
            "/ServiceGraph",
            json!({ "EndTime": 1 }),
            "EndTime lies before",
        ),
        (
            "/ServiceGraph",
            json!({ "NextToken": "x" }),
            "NextToken is not",
        ),
        (
            "/ServiceGraph",
            json!({ "GroupName": "none" }),
            "group \"none\"",
        ),
        ("/TraceGraph", json!({ "TraceIds": ids }), "it may have 200"),
        (
            "/TimeSeriesServiceStatistics",
            selector(""),
            "1 to 500 characters",
        ),
        (
            "/TimeSeriesServiceStatistics",
            selector("service(web)"),
            "at character 9",
        ),
        (
            "/TimeSeriesServiceStatistics",
            json!({ "Period": 0 }),
            "at least one second",
        ),
    ] {
        let input = with(range(0.0, 1.0), more).to_string();
        let answer = service.post(path, input).await;
        assert_eq!(answer.status, 400, "{path} {said}");
        let message = answer.json()["Message"].as_str().unwrap().to_owned();
        assert!(message.contains(said), "{message}");
    }
}

#[tokio::test]
async fn large_answers_come_in_pages() {
    let service = Service::start().await;
    let document = |number: usize| {
        let name = format!("service {number}");
        let second = f64::from(u32::try_from(number).unwrap());
        let id = json!({ "trace_id": trace_id(number) });
        with(
            segment("1000000000000001", &name, (second, second + 1.0), json!({})),
            id,
        )
    };
    service
        .put(&(0..1200).map(document).collect::<Vec<_>>())
        .await;
    for (path, list, total, more) in [
        ("/ServiceGraph", "Services", 2400, json!({})),
        (
            "/TimeSeriesServiceStatistics",
            "TimeSeriesServiceStatistics",
            1200,
            json!({ "Period": 1 }),
        ),
    ] {
        let mut input = with(range(0.0, 1e6), more);
        let mut seen = Vec::new();
        loop {
            let page = service.call(path, &input).await;
            let items = page[list].as_array().unwrap();
            assert!(items.len() <= 1000);
            seen.extend(items.iter().map(Value::to_string));
            match page.get("NextToken") {
                Some(next) => input["NextToken"] = next.clone(),
                None => break,
            }
        }
        assert_eq!(seen.len(), total, "{path}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), total, "{path}");
    }
}

#[tokio::test]
async fn a_graph_that_was_asked_before_knows_what_came_since() {
    let asked = Service::start().await;
    let web = |number: usize, from: f64| {
        let id = json!({ "trace_id": trace_id(number) });
        with(
            segment("1000000000000001", "web", (from, from + 0.5), json!({})),
            id,
        )
    };
    let late = |number: usize, from: f64| {
        let fields = json!({ "trace_id": trace_id(number), "fault": true });
        with(
            segment("2000000000000001", "late", (from, from + 900.0), fields),
            json!({}),
        )
    };
    // A new trace, a late document, one that moves its trace to an earlier minute, one that was in progress.
    let steps = [
        vec![web(1, 10.0), web(2, 130.0), in_progress(web(3, 200.0))],
        vec![web(4, 11.0)],
        vec![late(1, 12.0)],
        vec![late(2, 20.0)],
        vec![web(3, 200.0)],
    ];
    let mut documents = Vec::new();
    for step in steps {
        asked.put(&step).await;
        documents.extend(step);
        let fresh = Service::start().await;
        fresh.put(&documents).await;
        let expected = graph(&fresh).await;
        assert_eq!(graph(&asked).await, expected);
        assert_eq!(graph(&asked).await, expected);
    }
}

#[tokio::test]
async fn a_group_has_a_graph_and_a_course_of_its_own_traces_only() {
    let service = Service::start().await;
    let one = |number: u32, fault: bool| {
        let from = f64::from(number) * 60.0;
        let more = json!({ "trace_id": trace_id(number as usize), "fault": fault });
        segment("1000000000000001", "web", (from, from + 0.1), more)
    };
    let documents: Vec<Value> = (0..9).map(|it| one(it, it % 3 == 0)).collect();
    service.put(&documents).await;
    let group = json!({ "GroupName": "failed", "FilterExpression": "fault" });
    service.call("/CreateGroup", &group).await;
    let range = json!({ "StartTime": START - 60.0, "EndTime": START + 600.0 });
    for (group, total) in [("Default", 9), ("failed", 3)] {
        let input = with(range.clone(), json!({ "GroupName": group }));
        let graph = service.call("/ServiceGraph", &input).await;
        let nodes = graph["Services"].as_array().unwrap();
        let web = nodes
            .iter()
            .find(|it| it.get("SummaryStatistics").is_some());
        let statistics = &web.unwrap()["SummaryStatistics"];
        assert_eq!(statistics["TotalCount"], total, "{group}");
        assert_eq!(statistics["FaultStatistics"]["TotalCount"], 3, "{group}");
        let course = service.call("/TimeSeriesServiceStatistics", &input).await;
        let periods = course["TimeSeriesServiceStatistics"].as_array().unwrap();
        assert_eq!(periods.len(), total, "{group}");
    }
}
