//! Commands of the terminal that ask what AWS does not answer, as processes.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::documents::{segment, trace_id, with};
use crate::service::Service;

async fn said(service: &Service, arguments: &[&str]) -> String {
    let endpoint = format!("http://{}", service.running.addr());
    let output = Command::new(env!("CARGO_BIN_EXE_xray-local"))
        .args(arguments)
        .args(["--endpoint", &endpoint])
        .stderr(Stdio::inherit())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn two_paths() -> Service {
    let service = Service::start().await;
    let documents: Vec<_> = (0..4)
        .map(|number| {
            let path = if number == 0 { "slow" } else { "quick" };
            let request = json!({ "method": "GET", "url": format!("http://shop/{path}") });
            let more = json!({
                "trace_id": trace_id(number), "http": { "request": request }, "fault": number == 0,
            });
            with(
                segment("1000000000000001", "shop", (0.0, 0.5), json!({})),
                more,
            )
        })
        .collect();
    service.put(&documents).await;
    service
}

#[tokio::test]
async fn analytics_groups_what_it_is_told_to() {
    let service = two_paths().await;
    // The documents of these tests are years old.
    let asked = ["analytics", "--since", "9999d", "--by", "url"];
    let text = said(&service, &asked).await;
    let line = |part: &str| text.lines().find(|line| line.contains(part));
    assert!(text.starts_with("4 traces  25.0% fault"), "{text}");
    assert!(line("http://shop/quick").unwrap().contains("75.0%"));
    assert!(line("http://shop/slow").unwrap().ends_with("100%"));
}

#[tokio::test]
async fn analytics_compares_two_filters() {
    let service = two_paths().await;
    let filters = ["--filter", "fault", "--against", "!fault", "--json"];
    let asked = [&["analytics", "--since", "9999d"], &filters[..]].concat();
    let answer: Value = serde_json::from_str(&said(&service, &asked).await).unwrap();
    assert_eq!(
        (&answer["A"]["Count"], &answer["B"]["Count"]),
        (&json!(1), &json!(3))
    );
}

#[tokio::test]
async fn a_raised_rule_is_listed_with_its_end() {
    let service = Service::start().await;
    let raised = said(&service, &["raise", "/checkout*", "--for", "5m"]).await;
    assert!(raised.contains("holds until"), "{raised}");
    let rules = said(&service, &["rules", "--width", "140"]).await;
    let rule = rules.lines().nth(1).unwrap();
    assert!(rule.contains("/checkout* until"), "{rules}");
}

#[tokio::test]
async fn generated_traces_are_there_with_their_outage() {
    let service = Service::start().await;
    let made = said(&service, &["generate", "--traces", "200", "--since", "30m"]).await;
    assert!(made.starts_with("200 traces, "), "{made}");
    let text = said(
        &service,
        &["analytics", "--since", "31m", "--by", "service"],
    )
    .await;
    assert!(text.starts_with("200 traces"), "{text}");
    let faults = ["traces", "--since", "31m", "--filter", "fault", "--json"];
    let faults: Value = serde_json::from_str(&said(&service, &faults).await).unwrap();
    assert!(!faults.as_array().unwrap().is_empty());
    // A terminal shows the newest, and says that there are more.
    let drawn = said(&service, &["traces", "--since", "31m"]).await;
    let lines: Vec<_> = drawn.lines().collect();
    assert_eq!(lines.len(), 1 + 30 + 1, "{drawn}");
    assert_eq!(lines[31], "there are older ones: --limit shows more");
    let all = ["traces", "--since", "31m", "--limit", "200"];
    let drawn = said(&service, &all).await;
    assert_eq!(drawn.lines().count(), 1 + 200, "{drawn}");
}
