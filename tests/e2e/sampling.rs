//! A program outside of Lambda samples by the rules of `xray-local`, which it asks as it would ask the X-Ray daemon, or by way of the extension.

use std::time::{Duration, Instant};

use end_to_end::LocalXRay;
use lambda_xray::sampling::{Decision, LocalRules, Request, Sampling};
use serde_json::{Value, json};

use crate::clients::Extension;

/// Reports go out every ten seconds, and an answer to one changes the next at the earliest.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks: the decisions themselves take no time.
const PACE: Duration = Duration::from_millis(20);

async fn create(local: &LocalXRay, different: Value) {
    let mut rule = json!({
        "ResourceARN": "*", "Priority": 7, "FixedRate": 0.0, "ReservoirSize": 50, "Version": 1,
        "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "POST", "URLPath": "*",
    });
    let different = different.as_object().cloned().unwrap();
    rule.as_object_mut().unwrap().extend(different);
    let created = json!({ "SamplingRule": rule });
    let created = local.post("/CreateSamplingRule", &created).await;
    assert!(created["SamplingRuleRecord"].is_object(), "{created}");
}

fn decide(sampling: &Sampling, path: &str) -> Decision {
    sampling.decide(&Request {
        http_method: Some("POST"),
        url_path: Some(path),
        ..Request::default()
    })
}

/// Asks for decisions until they are what a test looks for.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(PACE).await;
    }
}

#[tokio::test]
async fn rules_quotas_and_changes_of_rules_come_by_the_daemons_port() {
    let local = LocalXRay::start_as_daemon().await;
    samples_by(local.daemon(), &local).await;
}

#[tokio::test]
async fn rules_quotas_and_changes_of_rules_come_by_the_extension() {
    let local = LocalXRay::start().await;
    let extension = Extension::daemon(local.url()).await;
    samples_by(&extension.address, &local).await;
}

async fn samples_by(daemon: &str, local: &LocalXRay) {
    create(
        local,
        json!({ "RuleName": "checkout", "URLPath": "/checkout" }),
    )
    .await;
    let none = r#"{ "version": 2, "default": { "fixed_target": 0, "rate": 0 } }"#;
    let daemon = daemon.parse().unwrap();
    let sampling = Sampling::centralized(daemon, LocalRules::parse(none).unwrap());
    let checkout = |path| decide(&sampling, path).rule.as_deref() == Some("checkout");
    until("the rules come", || checkout("/checkout")).await;
    assert_eq!(decide(&sampling, "/other").rule.as_deref(), Some("Default"));

    // A borrowed reservoir is one a second, a quota all fifty.
    let burst = || {
        (0..100)
            .filter(|_| decide(&sampling, "/checkout").sampled)
            .count()
    };
    assert!(burst() <= 2);
    until("a quota comes", || burst() >= 50).await;

    create(
        local,
        json!({ "RuleName": "orders", "URLPath": "/orders", "FixedRate": 1.0 }),
    )
    .await;
    let orders = || {
        let used = decide(&sampling, "/checkout");
        used.rule.is_some() && decide(&sampling, "/orders").rule.as_deref() == Some("orders")
    };
    until("the new rule comes before its time", orders).await;
    assert!(decide(&sampling, "/orders").sampled);

    let told = local.post("/SamplingStatisticSummaries", &json!({})).await;
    let told = told["SamplingStatisticSummaries"].as_array().unwrap();
    let of_checkout = told.iter().filter(|it| it["RuleName"] == "checkout");
    let sum = |key: &str| -> i64 {
        of_checkout
            .clone()
            .map(|it| it[key].as_i64().unwrap())
            .sum()
    };
    let (requests, sampled, borrowed) =
        (sum("RequestCount"), sum("SampledCount"), sum("BorrowCount"));
    assert!(
        borrowed > 0 && sampled >= 50 && requests > sampled + borrowed,
        "{told:?}"
    );
}
