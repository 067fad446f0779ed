//! Sampling outside of Lambda: which requests are taken, by files of rules and by rules that a daemon gives.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use lambda_xray::sampling::{LocalRules, Request, Sampling};
use serde_json::{Map, Value, json};

/// How long a test waits for what it looks for.
const PATIENCE: Duration = Duration::from_secs(20);

const ANY: Request<'static> = Request {
    service_name: Some("shop"),
    service_type: Some("AWS::ECS::Container"),
    host: Some("www.example.com"),
    http_method: Some("GET"),
    url_path: Some("/orders/7"),
};

/// The decisions on the same request, of rules with reservoirs far beyond what a test asks for: no second ends in between.
fn decisions<const N: usize>(sampling: &Sampling, request: &Request<'_>) -> [bool; N] {
    std::array::from_fn(|_| sampling.decide(request).sampled)
}

#[test]
fn the_first_line_that_fits_decides_in_files_of_both_versions() {
    let (never, always) = (0, 1);
    for (host, method, path, expected) in [
        ("*", "*", "*", true),
        ("*.example.com", "*", "*", true),
        ("WWW.EXAMPLE.???", "get", "/Orders/*", true),
        ("www.example.com", "GET", "/orders/?", true),
        ("example.com", "*", "*", false),
        ("*", "POST", "*", false),
        ("*", "G?", "*", false),
        ("*", "*", "/orders", false),
        ("*", "*", "/orders/??", false),
        ("*", "*", "*/*/*/*", false),
        ("", "*", "*", false),
    ] {
        for (version, host_key) in [(1, "service_name"), (2, "host")] {
            let file = json!({
                "version": version,
                "rules": [
                    { host_key: "never", "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": never },
                    { host_key: host, "http_method": method, "url_path": path, "fixed_target": 0, "rate": always },
                    { host_key: host, "http_method": method, "url_path": path, "fixed_target": 0, "rate": never },
                ],
                "default": { "fixed_target": 0, "rate": never },
            });
            let sampling = Sampling::local(LocalRules::parse(&file.to_string()).unwrap());
            assert_eq!(decisions(&sampling, &ANY), [expected; 3], "{file}");
            assert_eq!(sampling.decide(&ANY).rule, None);
        }
    }
}

#[test]
fn what_is_not_known_of_a_request_fits_every_line() {
    let file = json!({
        "version": 2,
        "rules": [{ "host": "a.test", "http_method": "PUT", "url_path": "/a", "fixed_target": 0, "rate": 1 }],
        "default": { "fixed_target": 0, "rate": 0 },
    });
    let sampling = Sampling::local(LocalRules::parse(&file.to_string()).unwrap());
    assert_eq!(decisions(&sampling, &Request::default()), [true]);
    let put = Request {
        http_method: Some("PUT"),
        ..Request::default()
    };
    assert_eq!(decisions(&sampling, &put), [true]);
    assert_eq!(decisions(&sampling, &ANY), [false]);
}

#[test]
fn a_rate_of_half_takes_about_half() {
    let file = json!({ "version": 2, "default": { "fixed_target": 0, "rate": 0.5 } });
    let sampling = Sampling::local(LocalRules::parse(&file.to_string()).unwrap());
    let taken = (0..10_000)
        .filter(|_| sampling.decide(&ANY).sampled)
        .count();
    // Ten standard deviations to each side.
    assert!((4_500..=5_500).contains(&taken), "{taken}");
}

#[test]
fn a_file_that_cannot_be_used_says_what_to_change() {
    let good = json!({ "fixed_target": 1, "rate": 1 });
    let rule = |different: Value| {
        let mut rule = json!({ "host": "*", "http_method": "*", "url_path": "*", "fixed_target": 1, "rate": 1 });
        set(&mut rule, different);
        json!({ "version": 2, "rules": [rule], "default": good })
    };
    let default = |default: Value| json!({ "version": 2, "default": default });
    for (file, expected) in [
        (json!(7), "the sampling rules cannot be read: "),
        (json!({ "default": good }), "missing field `version`"),
        (
            json!({ "version": 3, "default": good }),
            "the sampling rules are of version 3; write \"version\": 2",
        ),
        (
            json!({ "version": 2 }),
            "no default; add \"default\": {\"fixed_target\": 1, \"rate\": 0.05}",
        ),
        (
            default(json!({ "fixed_target": 1 })),
            "the default of the sampling rules: missing field `rate`",
        ),
        (
            default(json!({ "rate": 1 })),
            "missing field `fixed_target`",
        ),
        (
            default(json!({ "fixed_target": 1, "rate": 1.5 })),
            "rate is 1.5; give a number from 0 to 1",
        ),
        (
            default(json!({ "fixed_target": 1, "rate": -0.1 })),
            "rate is -0.1; give a number from 0 to 1",
        ),
        (
            default(json!({ "fixed_target": 1, "rate": 1, "url_path": "/" })),
            "has \"url_path\", but takes all requests; make it a rule",
        ),
        (
            rule(json!({ "host": null })),
            "sampling rule 1 has no \"host\"; say \"*\" for any",
        ),
        (
            rule(json!({ "http_method": null })),
            "sampling rule 1 has no \"http_method\"",
        ),
        (
            rule(json!({ "url_path": null })),
            "sampling rule 1 has no \"url_path\"",
        ),
        (
            rule(json!({ "rate": 2 })),
            "sampling rule 1: rate is 2; give a number from 0 to 1",
        ),
        (rule(json!({ "fixed_target": -1 })), "sampling rule 1: "),
        (
            rule(json!({ "fixed_target": "many" })),
            "sampling rule 1: invalid type: string \"many\"",
        ),
    ] {
        let error = LocalRules::parse(&file.to_string()).unwrap_err();
        assert!(error.to_string().contains(expected), "{file}: {error}");
    }
    let mut first = rule(json!({ "service_name": "*", "host": null }));
    set(&mut first, json!({ "version": 1 }));
    LocalRules::parse(&first.to_string()).unwrap();
    LocalRules::parse("{").unwrap_err();
}

/// Puts the members of an object into another.
fn set(value: &mut Value, different: Value) {
    let different: Map<String, Value> = serde_json::from_value(different).unwrap();
    value.as_object_mut().unwrap().extend(different);
}

/// A rule that takes everything and fits everything, of which what is given is different.
fn record(name: &str, different: Value) -> Value {
    let mut rule = json!({
        "RuleName": name, "RuleARN": format!("arn:aws:xray:eu-west-1:123456789012:sampling-rule/{name}"), "ResourceARN": "*",
        "Priority": 100, "FixedRate": 1.0, "ReservoirSize": 0, "ServiceName": "*", "ServiceType": "*", "Host": "*",
        "HTTPMethod": "*", "URLPath": "*", "Version": 1, "Attributes": {},
    });
    set(&mut rule, different);
    json!({ "SamplingRule": rule, "CreatedAt": 0.0, "ModifiedAt": 1.530_923_107E9 })
}

/// A daemon that answers every question with the same bytes, and tells when it has been asked. It ends with the test.
fn daemon(answer: String) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).unwrap();
            }
            let length = head.to_lowercase();
            let length = length.split("content-length: ").nth(1).unwrap();
            let mut body = vec![0; length.lines().next().unwrap().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            if tell.send(head).is_err() {
                return;
            }
        }
    });
    (address, told)
}

fn ok(body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn none() -> LocalRules {
    LocalRules::parse(r#"{ "version": 2, "default": { "fixed_target": 0, "rate": 0 } }"#).unwrap()
}

/// Decides by rules that a daemon gave.
fn given(records: &[Value]) -> Sampling {
    let (address, _) = daemon(ok(&json!({ "SamplingRuleRecords": records })));
    let sampling = Sampling::centralized(address, none());
    until_given(&sampling);
    sampling
}

fn until_given(sampling: &Sampling) {
    let start = Instant::now();
    while sampling.decide(&ANY).rule.is_none() {
        assert!(start.elapsed() < PATIENCE, "the rules are not there");
        thread::yield_now();
    }
}

#[test]
fn a_rule_fits_by_service_type_host_method_and_path() {
    for (different, expected) in [
        (json!({}), true),
        (json!({ "ServiceName": "sh*" }), true),
        (json!({ "ServiceName": "SHOP" }), true),
        (json!({ "ServiceName": "cart" }), false),
        (json!({ "ServiceType": "AWS::ECS::*" }), true),
        (json!({ "ServiceType": "AWS::Lambda::Function" }), false),
        (json!({ "Host": "www.*" }), true),
        (json!({ "Host": "www" }), false),
        (json!({ "HTTPMethod": "get" }), true),
        (json!({ "HTTPMethod": "PUT" }), false),
        (json!({ "URLPath": "/orders/?" }), true),
        (json!({ "URLPath": "/orders/?*" }), true),
        (json!({ "URLPath": "/orders/??" }), false),
        (json!({ "URLPath": "" }), false),
        (json!({ "Attributes": { "tier": "gold" } }), false),
        (
            json!({ "ResourceARN": "arn:aws:ecs:eu-west-1:123456789012:task/7" }),
            false,
        ),
        (json!({ "Version": 2 }), false),
    ] {
        let sampling = given(&[
            record("mine", different.clone()),
            record("Default", json!({ "Priority": 10_000, "FixedRate": 0.0 })),
        ]);
        let decision = sampling.decide(&ANY);
        let rule = if expected { "mine" } else { "Default" };
        assert_eq!(
            (decision.rule.as_deref(), decision.sampled),
            (Some(rule), expected),
            "{different}"
        );
    }
}

#[test]
fn the_default_is_last_whatever_it_says() {
    let sampling = given(&[
        record(
            "Default",
            json!({ "Priority": 1, "Host": "nowhere", "FixedRate": 0.0 }),
        ),
        record("b", json!({ "Priority": 7, "HTTPMethod": "GET" })),
        record("a", json!({ "Priority": 7, "URLPath": "/a" })),
        record("later", json!({ "Priority": 8 })),
    ]);
    let rule = |request: &Request<'_>| sampling.decide(request).rule.unwrap();
    assert_eq!(rule(&ANY), "b");
    assert_eq!(rule(&Request::default()), "a");
    assert_eq!(
        rule(&Request {
            url_path: Some("/a"),
            ..ANY
        }),
        "a"
    );
    assert_eq!(
        rule(&Request {
            http_method: Some("PUT"),
            ..ANY
        }),
        "later"
    );
    let only = given(&[record("Default", json!({ "Host": "nowhere" }))]);
    assert_eq!(only.decide(&ANY).rule.as_deref(), Some("Default"));
}

#[test]
fn a_reservoir_lends_one_request_a_second() {
    let sampling = given(&[record(
        "Default",
        json!({ "ReservoirSize": 50, "FixedRate": 0.0 }),
    )]);
    let start = Instant::now();
    let taken = (0..1_000).filter(|_| sampling.decide(&ANY).sampled).count();
    let seconds = usize::try_from(start.elapsed().as_secs()).unwrap();
    // Each second that was only begun has its own.
    assert!(taken <= seconds + 2, "{taken} in {seconds} s");
}

#[test]
fn a_strange_rule_loses_no_other() {
    let sampling = given(&[
        json!({ "SamplingRule": { "RuleName": "strange", "Priority": "first" } }),
        json!("rule"),
        record("of-tomorrow", json!({ "FixedRate": 7 })),
        record("known", json!({ "Tomorrow": { "more": true } })),
    ]);
    assert_eq!(sampling.decide(&ANY).rule.as_deref(), Some("known"));
}

#[test]
fn an_answer_in_chunks_is_read() {
    let body = json!({ "SamplingRuleRecords": [record("chunked", json!({}))] }).to_string();
    let (one, other) = body.split_at(100);
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let (address, told) = daemon(format!("{head}{}{}0\r\n\r\n", chunk(one), chunk(other)));
    let sampling = Sampling::centralized(address, none());
    until_given(&sampling);
    assert_eq!(sampling.decide(&ANY).rule.as_deref(), Some("chunked"));
    let asked = told.recv_timeout(PATIENCE).unwrap();
    assert!(
        asked.starts_with("POST /GetSamplingRules HTTP/1.1\r\n"),
        "{asked}"
    );
    assert!(
        asked.contains(&format!("\r\nHost: {address}\r\n")),
        "{asked}"
    );
}

#[test]
fn it_can_be_shared_and_shown() {
    fn shared<T: Send + Sync + std::fmt::Debug + 'static>(it: &T) -> String {
        format!("{it:?}")
    }
    let local = Sampling::local(LocalRules::default());
    assert_eq!(shared(&local), "Sampling { is_central: false, .. }");
}
