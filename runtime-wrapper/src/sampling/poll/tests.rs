//! The thread against a daemon on a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use super::*;
use crate::sampling::{LocalRules, Request, Sampling};

/// How long a test waits for what it looks for.
const PATIENCE: Duration = Duration::from_secs(20);

const FAST: Schedule = Schedule {
    rules: Duration::from_mins(10),
    targets: Duration::from_millis(1),
};

/// A daemon that answers each path in its turn, and tells what it was asked; it ends with the test.
fn daemon(
    mut answer: impl FnMut(&str) -> String + Send + 'static,
) -> (SocketAddr, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut lines = String::new();
            while !lines.ends_with("\r\n\r\n") {
                reader.read_line(&mut lines).unwrap();
            }
            let path = lines.split(' ').nth(1).unwrap().to_owned();
            let length = lines.split("Content-Length: ").nth(1).unwrap();
            let length = length.lines().next().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = answer(&path);
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            if tell
                .send((path, serde_json::from_slice(&body).unwrap()))
                .is_err()
            {
                return;
            }
        }
    });
    (address, told)
}

fn ok(body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn record(name: &str) -> Value {
    json!({ "SamplingRule": {
        "RuleName": name, "ResourceARN": "*", "Priority": 1, "FixedRate": 0.0, "ReservoirSize": 0, "ServiceName": "*",
        "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
    } })
}

fn only_for(host: &str) -> Value {
    let mut record = record(host);
    record["SamplingRule"]["Host"] = json!(host);
    record
}

/// The rule that decides, once it is one that is looked for.
fn wait_for(sampling: &Sampling, wanted: Option<&str>) {
    let start = Instant::now();
    while sampling.decide(&Request::default()).rule.as_deref() != wanted {
        assert!(start.elapsed() < PATIENCE, "{wanted:?} never decides");
        thread::yield_now();
    }
}

#[test]
fn rules_come_page_by_page_and_a_strange_one_is_left_out() {
    let mut pages = 0;
    let (daemon, told) = daemon(move |path| {
        pages += usize::from(path == "/GetSamplingRules");
        match (path, pages) {
            ("/GetSamplingRules", 1) => ok(
                &json!({ "SamplingRuleRecords": [{ "SamplingRule": { "RuleName": 7 } }], "NextToken": "2" }),
            ),
            ("/GetSamplingRules", 2) => ok(&json!({ "SamplingRuleRecords": [record("mine")] })),
            _ => ok(&json!({ "LastRuleModification": 1.0 })),
        }
    });
    let sampling = Sampling::polled(daemon, LocalRules::default(), FAST);
    wait_for(&sampling, Some("mine"));
    let mut asked = std::iter::from_fn(|| told.recv_timeout(PATIENCE).ok());
    assert_eq!(
        asked.next(),
        Some(("/GetSamplingRules".to_owned(), json!({})))
    );
    assert_eq!(
        asked.next(),
        Some(("/GetSamplingRules".to_owned(), json!({ "NextToken": "2" })))
    );
    let (path, report) = asked.next().unwrap();
    let statistics = &report["SamplingStatisticsDocuments"][0];
    assert_eq!(
        (path.as_str(), &statistics["RuleName"]),
        ("/SamplingTargets", &json!("mine"))
    );
    assert_eq!(statistics["ClientID"].as_str().map(str::len), Some(24));
}

#[test]
fn a_target_is_followed_and_changed_rules_are_asked_for_at_once() {
    let mut rules = std::iter::once("first");
    let far = 9_000_000_000_u64;
    let (daemon, _told) = daemon(move |path| match path {
        "/GetSamplingRules" => {
            ok(&json!({ "SamplingRuleRecords": [record(rules.next().unwrap_or("second"))] }))
        }
        _ => ok(&json!({
            "SamplingTargetDocuments": [
                { "RuleName": "second", "FixedRate": 0.0, "ReservoirQuota": 1_000_000_000, "ReservoirQuotaTTL": far },
            ],
            "LastRuleModification": far,
        })),
    });
    let sampling = Sampling::polled(daemon, LocalRules::default(), FAST);
    wait_for(&sampling, Some("first"));
    wait_for(&sampling, Some("second"));
    let start = Instant::now();
    while !(sampling.decide(&Request::default()).sampled) {
        assert!(start.elapsed() < PATIENCE, "no quota came");
        thread::yield_now();
    }
}

#[test]
fn many_rules_are_reported_in_parts_and_a_strange_target_loses_no_other() {
    let names: Vec<_> = (0..30).map(|at| format!("rule-{at:02}")).collect();
    let records: Vec<_> = names.iter().map(|name| only_for(name)).collect();
    let far = 9_000_000_000_u64;
    let (daemon, told) = daemon(move |path| match path {
        "/GetSamplingRules" => ok(&json!({ "SamplingRuleRecords": records })),
        _ => ok(&json!({
            "SamplingTargetDocuments": [
                { "RuleName": "rule-00", "FixedRate": "often" },
                { "RuleName": "rule-29", "FixedRate": 1.0, "ReservoirQuota": 0, "ReservoirQuotaTTL": far },
            ],
            "UnprocessedStatistics": null,
        })),
    });
    let slow = Schedule {
        targets: Duration::from_millis(50),
        ..FAST
    };
    let sampling = Sampling::polled(daemon, LocalRules::default(), slow);
    wait_for(&sampling, Some("rule-00"));
    let start = Instant::now();
    let (mut is_aimed, mut sizes) = (false, Vec::new());
    while !is_aimed || !sizes.ends_with(&[25, 5]) {
        assert!(start.elapsed() < PATIENCE, "{is_aimed}, {sizes:?}");
        for name in &names {
            let request = Request {
                host: Some(name),
                ..Request::default()
            };
            is_aimed = sampling.decide(&request).sampled;
        }
        let reports = told.try_iter().take(1);
        sizes.extend(reports.filter_map(|(_, report)| {
            let documents = report["SamplingStatisticsDocuments"].as_array()?;
            Some(documents.len())
        }));
    }
    assert!(
        sizes.iter().all(|size| (1..=25).contains(size)),
        "{sizes:?}"
    );
}

#[test]
fn where_no_rules_can_be_had_those_at_hand_decide_and_it_goes_on_asking() {
    for answer in [
        "HTTP/1.1 502 Bad Gateway\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n".to_owned(),
        "nonsense\r\n\r\n".to_owned(),
        ok(&json!("nonsense")),
        ok(&json!({ "SamplingRuleRecords": [], "NextToken": "again" })),
    ] {
        let (daemon, told) = daemon(move |_| answer.clone());
        let everything = r#"{"version": 2, "default": {"fixed_target": 0, "rate": 1}}"#;
        let sampling = Sampling::polled(daemon, LocalRules::parse(everything).unwrap(), FAST);
        for _ in 0..3 {
            let (path, _) = told.recv_timeout(PATIENCE).unwrap();
            assert_eq!(path, "/GetSamplingRules");
        }
        let decision = sampling.decide(&Request::default());
        assert_eq!((decision.sampled, decision.rule), (true, None));
    }
}

#[test]
fn rules_come_from_a_daemon_that_was_not_there_at_first() {
    let mut is_there = [false, false].into_iter();
    let (daemon, _told) = daemon(move |_| match is_there.next() {
        Some(_) => String::new(),
        None => ok(&json!({ "SamplingRuleRecords": [record("late")] })),
    });
    let sampling = Sampling::polled(daemon, LocalRules::default(), FAST);
    wait_for(&sampling, Some("late"));
}

#[test]
fn the_thread_ends_with_its_owner() {
    let (daemon, told) = daemon(|_| ok(&json!({ "SamplingRuleRecords": [] })));
    let sampling = Sampling::polled(daemon, LocalRules::default(), FAST);
    told.recv_timeout(PATIENCE).unwrap();
    let deciding = Arc::downgrade(&sampling.deciding);
    drop(sampling);
    let start = Instant::now();
    while deciding.strong_count() > 0 {
        assert!(start.elapsed() < PATIENCE, "the thread goes on");
        thread::yield_now();
    }
}
