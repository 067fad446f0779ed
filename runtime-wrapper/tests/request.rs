//! The request that an invocation answers: events as the services write them, and what of them is in the document.

use allocation_counter::measure;
use lambda_xray::request::Details;
use lambda_xray::{record_request, record_response, subsegment};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::receiver::named;
use crate::world::{context, invoke, traced, welcomed};

const BROWSER: &str = "Mozilla/5.0";

/// A REST API; an HTTP API with payload format 1.0 says the same.
fn rest_api() -> Value {
    json!({
        "resource": "/orders/{id}",
        "path": "/orders/42",
        "httpMethod": "POST",
        "headers": {
            "Host": "abc.execute-api.eu-west-1.amazonaws.com",
            "User-Agent": BROWSER,
            "X-Forwarded-For": "203.0.113.7, 198.51.100.1",
            "X-Forwarded-Port": "443",
            "X-Forwarded-Proto": "https",
        },
        "multiValueHeaders": { "User-Agent": [BROWSER] },
        "queryStringParameters": { "token": "s3cret" },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
            "httpMethod": "POST",
            "identity": { "sourceIp": "198.51.100.1", "userAgent": BROWSER },
            "path": "/prod/orders/42",
            "protocol": "HTTP/1.1",
            "resourcePath": "/orders/{id}",
            "stage": "prod",
        },
        "isBase64Encoded": false,
    })
}

/// An HTTP API with payload format 2.0.
fn http_api() -> Value {
    json!({
        "version": "2.0",
        "routeKey": "GET /orders/{id}",
        "rawPath": "/prod/orders/42",
        "rawQueryString": "token=s3cret",
        "headers": { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
            "http": {
                "method": "GET",
                "path": "/prod/orders/42",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": BROWSER,
            },
            "stage": "prod",
        },
        "isBase64Encoded": false,
    })
}

fn function_url() -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/orders/42",
        "rawQueryString": "token=s3cret",
        "headers": { "host": "abc.lambda-url.eu-west-1.on.aws" },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc",
            "domainName": "abc.lambda-url.eu-west-1.on.aws",
            "domainPrefix": "abc",
            "http": {
                "method": "DELETE",
                "path": "/orders/42",
                "protocol": "HTTP/1.1",
                "sourceIp": "2001:db8::7",
                "userAgent": BROWSER,
            },
            "stage": "$default",
        },
        "isBase64Encoded": false,
    })
}

fn load_balancer() -> Value {
    json!({
        "requestContext": { "elb": {
            "targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/orders/6d0ecf831eec9f09",
        } },
        "httpMethod": "GET",
        "path": "/orders/42",
        "queryStringParameters": { "token": "s3cret" },
        "headers": {
            "host": "lb-1.eu-west-1.elb.amazonaws.com",
            "user-agent": BROWSER,
            "x-forwarded-for": "203.0.113.7:49152",
            "x-forwarded-port": "80",
            "x-forwarded-proto": "http",
        },
        "body": "",
        "isBase64Encoded": false,
    })
}

/// The same with "multi value headers" switched on for its target group.
fn load_balancer_with_lists() -> Value {
    let mut event = load_balancer();
    let headers = event["headers"].take();
    let lists = headers.as_object().unwrap().iter();
    event["multiValueHeaders"] = lists
        .map(|(name, value)| (name.clone(), json!([value])))
        .collect();
    event.as_object_mut().unwrap().remove("headers");
    event
}

async fn answered(event: &Value, status: u16) -> Value {
    let documents = traced(|| async {
        let inner = subsegment("inner");
        inner.in_scope(|| {
            record_request(&Details::of(event).unwrap());
            record_response(status, Some(12));
        });
    });
    let documents = documents.await;
    assert_eq!(named(&documents, "inner").get("http"), None);
    named(&documents, "orders").clone()
}

#[tokio::test]
async fn every_kind_of_event_says_its_request() {
    let load_balanced = json!({
        "method": "GET",
        "url": "http://lb-1.eu-west-1.elb.amazonaws.com/orders/42",
        "user_agent": BROWSER,
        "client_ip": "203.0.113.7",
        "x_forwarded_for": true,
    });
    for (event, request) in [
        (
            rest_api(),
            json!({
                "method": "POST",
                "url": "https://abc.execute-api.eu-west-1.amazonaws.com/prod/orders/42",
                "user_agent": BROWSER,
                "client_ip": "203.0.113.7",
                "x_forwarded_for": true,
            }),
        ),
        (
            http_api(),
            json!({
                "method": "GET",
                "url": "https://abc.execute-api.eu-west-1.amazonaws.com/prod/orders/42",
                "user_agent": BROWSER,
                "client_ip": "203.0.113.7",
                "x_forwarded_for": true,
            }),
        ),
        (
            function_url(),
            json!({
                "method": "DELETE",
                "url": "https://abc.lambda-url.eu-west-1.on.aws/orders/42",
                "user_agent": BROWSER,
                "client_ip": "2001:db8::7",
            }),
        ),
        (load_balancer(), load_balanced.clone()),
        (load_balancer_with_lists(), load_balanced),
    ] {
        let document = answered(&event, 200).await;
        assert_eq!(document["http"]["request"], request, "{event:#}");
        let response = json!({ "status": 200, "content_length": 12 });
        assert_eq!(document["http"]["response"], response);
        assert!(!document.to_string().contains("s3cret"), "{document:#}");
    }
}

#[tokio::test]
async fn a_message_on_a_web_socket_says_its_route() {
    let event = json!({
        "requestContext": {
            "routeKey": "place-order",
            "eventType": "MESSAGE",
            "connectionId": "AbCd=",
            "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
            "stage": "prod",
            "identity": { "sourceIp": "192.0.2.1", "userAgent": "a test" },
        },
        "body": "{\"token\": \"s3cret\"}",
    });
    let function = answered(&event, 200).await;
    let expected = json!({
        "method": "MESSAGE",
        "url": "wss://abc.execute-api.eu-west-1.amazonaws.com/place-order",
        "client_ip": "192.0.2.1",
        "user_agent": "a test",
    });
    assert_eq!(function["http"]["request"], expected);
}

#[tokio::test]
async fn the_status_sets_its_flags() {
    for (status, flags) in [
        (200, [false, false, false]),
        (404, [true, false, false]),
        (429, [true, true, false]),
        (503, [false, false, true]),
    ] {
        let document = answered(&http_api(), status).await;
        let found = ["error", "throttle", "fault"]
            .map(|flag| document.get(flag).is_some_and(|flag| *flag == true));
        assert_eq!(found, flags, "{status}");
    }
}

#[test]
fn what_is_no_request_is_none() {
    for event in [
        Value::Null,
        json!([]),
        json!({ "Records": [{ "messageId": "1" }] }),
        json!({ "httpMethod": "GET", "path": "/" }),
        json!({ "requestContext": "abc" }),
        json!({ "requestContext": { "eventType": "CONNECT", "routeKey": "$connect" } }),
        json!({ "requestContext": { "http": { "method": 1 } }, "rawPath": "/" }),
    ] {
        assert_eq!(Details::of(&event), None, "{event}");
    }
}

#[tokio::test]
async fn what_a_client_makes_up_is_left_out() {
    let mut event = load_balancer();
    event["headers"]["host"] = json!("ada:s3cret@a.test");
    event["headers"]["x-forwarded-for"] = json!("unknown, 203.0.113.7");
    event["headers"]["user-agent"] = json!("x".repeat(1000));
    event["path"] = json!("/orders?token=s3cret");
    let document = answered(&event, 200).await;
    let request = json!({ "method": "GET", "url": "/orders", "user_agent": "x".repeat(250) });
    assert_eq!(document["http"]["request"], request);

    let mut event = http_api();
    event["headers"]["x-forwarded-for"] = json!("<script>");
    event["requestContext"]["http"]["sourceIp"] = json!("192.0.2.9");
    let client = Details::of(&event).unwrap().client.unwrap();
    assert_eq!(
        (client.ip.to_string(), client.forwarded),
        ("192.0.2.9".to_owned(), false)
    );
}

#[tokio::test]
async fn a_response_alone_and_an_invocation_that_is_not_sampled() {
    let documents = traced(|| async { record_response(500, None) }).await;
    assert_eq!(
        named(&documents, "orders")["http"],
        json!({ "response": { "status": 500 } })
    );

    record_response(500, None);
    let (receiver, layer) = welcomed();
    let answer = invoke(&layer, context("r1", None), |_| async {
        let event = http_api();
        let allocated = measure(|| {
            record_request(&Details::of(&event).unwrap());
            record_response(500, None);
        });
        assert_eq!(allocated.count_total, 0);
        Ok(Value::Null)
    });
    answer.await.unwrap();
    assert_eq!(receiver.documents(), Vec::<Value>::new());
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        "(?s).{0,20}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({ "x-forwarded-for": [1], "host": ["a"] })),
    ]
}

proptest! {
    #[test]
    fn any_event_is_read(at in 0..11_usize, value in any_value()) {
        for mut event in [rest_api(), http_api(), function_url(), load_balancer()] {
            let places = [
                "/requestContext", "/requestContext/http", "/requestContext/http/method",
                "/requestContext/http/sourceIp", "/requestContext/domainName", "/requestContext/path",
                "/headers", "/headers/host", "/headers/x-forwarded-for", "/path", "/rawPath",
            ];
            if let Some(place) = event.pointer_mut(places[at]) {
                *place = value.clone();
            }
            if let Some(details) = Details::of(&event) {
                prop_assert!(!details.url().contains(['?', '#']));
            }
        }
    }
}
