//! What users set up: each operation shows in what another one answers, also after a restart.

use std::path::Path;

use serde_json::{Value, json};
use xray_local::{Config, Local, Running};

use crate::documents::{START, TRACE, segment, subsegment, trace_id, with};
use crate::service::{Answer, Service, post};

const CLIENT: &str = "0123456789abcdef01234567";

async fn start(data: &Path) -> Running {
    Local::start(Config::new(data)).await.unwrap()
}

fn rule(name: &str, more: Value) -> Value {
    with(
        json!({
            "RuleName": name, "ResourceARN": "*", "Priority": 100, "FixedRate": 0.1, "ReservoirSize": 5,
            "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "GET", "URLPath": "/*", "Version": 1,
        }),
        more,
    )
}

async fn create_rule(service: &Service, name: &str, more: Value) -> Value {
    let input = json!({ "SamplingRule": rule(name, more) });
    service.call("/CreateSamplingRule", &input).await["SamplingRuleRecord"].clone()
}

async fn rules(service: &Service) -> Vec<Value> {
    let output = service.call("/GetSamplingRules", &json!({})).await;
    output["SamplingRuleRecords"].as_array().unwrap().clone()
}

fn names(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .map(|it| it["SamplingRule"]["RuleName"].as_str().unwrap())
        .collect()
}

fn report(rule: &str, client: &str, counts: [u32; 3]) -> Value {
    let [requests, sampled, borrowed] = counts;
    json!({
        "RuleName": rule, "ClientID": client, "Timestamp": START,
        "RequestCount": requests, "SampledCount": sampled, "BorrowCount": borrowed,
    })
}

async fn targets(service: &Service, reports: &[Value]) -> Value {
    let input = json!({ "SamplingStatisticsDocuments": reports });
    service.call("/SamplingTargets", &input).await
}

/// Calls an operation that has to be refused with this error.
async fn refused(service: &Service, path: &str, input: &Value, code: &str) -> Answer {
    let answer = service.post(path, input.to_string()).await;
    let status = if code == "ResourceNotFoundException" {
        404
    } else {
        400
    };
    assert_eq!(answer.status, status, "{path} {input}: {:?}", answer.body);
    assert_eq!(answer.header("x-amzn-errortype"), code, "{path} {input}");
    assert!(!answer.json()["Message"].as_str().unwrap().is_empty());
    answer
}

#[tokio::test]
async fn rules_are_listed_by_priority_with_the_built_in_one_last() {
    let service = Service::start().await;
    let before = targets(&service, &[]).await["LastRuleModification"].clone();
    assert_eq!(before, 0.0);
    create_rule(&service, "late", json!({ "Priority": 9999 })).await;
    let made = create_rule(&service, "b", json!({ "Attributes": { "tier": "gold" } })).await;
    create_rule(&service, "a", json!({})).await;
    let records = rules(&service).await;
    assert_eq!(names(&records), ["a", "b", "late", "Default"]);
    assert_eq!(records[1], made);
    assert_eq!(made["SamplingRule"]["Attributes"]["tier"], "gold");
    let arn = made["SamplingRule"]["RuleARN"].as_str().unwrap();
    assert!(arn.ends_with(":sampling-rule/b"), "{arn}");
    let output = targets(&service, &[]).await;
    assert_eq!(output["LastRuleModification"], records[0]["ModifiedAt"]);
}

#[tokio::test]
async fn an_update_changes_what_is_given_also_to_zero() {
    let service = Service::start().await;
    let made = create_rule(&service, "r", json!({})).await;
    let arn = &made["SamplingRule"]["RuleARN"];
    let change = json!({ "RuleARN": arn, "FixedRate": 0, "ReservoirSize": 0, "URLPath": "/x" });
    let update = json!({ "SamplingRuleUpdate": change });
    let changed = service.call("/UpdateSamplingRule", &update).await;
    let changed = &changed["SamplingRuleRecord"];
    let expected = json!({ "FixedRate": 0.0, "ReservoirSize": 0, "URLPath": "/x" });
    assert_eq!(
        changed["SamplingRule"],
        with(made["SamplingRule"].clone(), expected)
    );
    assert_eq!(changed["CreatedAt"], made["CreatedAt"]);
    assert!(changed["ModifiedAt"].as_f64() > made["ModifiedAt"].as_f64());
    assert_eq!(rules(&service).await[0], *changed);
}

#[tokio::test]
async fn of_the_built_in_rule_only_the_numbers_change_and_it_stays() {
    let service = Service::start().await;
    let update =
        |more| json!({ "SamplingRuleUpdate": with(json!({ "RuleName": "Default" }), more) });
    let invalid = "InvalidRequestException";
    for more in [json!({ "URLPath": "/a" }), json!({ "Priority": 1 })] {
        refused(&service, "/UpdateSamplingRule", &update(more), invalid).await;
    }
    let numbers = json!({ "FixedRate": 0.05, "ReservoirSize": 2, "Host": "*" });
    service.call("/UpdateSamplingRule", &update(numbers)).await;
    create_rule(&service, "r", json!({})).await;
    let records = rules(&service).await;
    assert_eq!(names(&records), ["r", "Default"]);
    assert_eq!(records[1]["SamplingRule"]["FixedRate"], 0.05);
    assert_eq!(records[1]["SamplingRule"]["Priority"], 10_000);
    let delete = json!({ "RuleName": "Default" });
    refused(&service, "/DeleteSamplingRule", &delete, invalid).await;
}

#[tokio::test]
async fn a_deleted_rule_comes_back_once_more_and_counts_as_a_change() {
    let service = Service::start().await;
    let made = create_rule(&service, "r", json!({})).await;
    let arn = json!({ "ResourceARN": made["SamplingRule"]["RuleARN"] });
    let changed = targets(&service, &[]).await["LastRuleModification"].clone();
    let delete = json!({ "RuleName": "r" });
    let deleted = service.call("/DeleteSamplingRule", &delete).await;
    assert_eq!(deleted["SamplingRuleRecord"], made);
    assert_eq!(names(&rules(&service).await), ["Default"]);
    let again = targets(&service, &[]).await["LastRuleModification"].clone();
    assert!(again.as_f64() > changed.as_f64());
    refused(
        &service,
        "/DeleteSamplingRule",
        &delete,
        "InvalidRequestException",
    )
    .await;
    let missing = "ResourceNotFoundException";
    refused(&service, "/ListTagsForResource", &arn, missing).await;
}

#[tokio::test]
async fn a_raised_rule_comes_first_and_goes_by_itself() {
    let service = Service::start().await;
    let input = json!({ "URLPath": "/checkout*", "Seconds": 1 });
    let raised = service.call("/RaiseSampling", &input).await;
    let record = &raised["SamplingRuleRecord"];
    let rule = &record["SamplingRule"];
    assert_eq!(rule["FixedRate"], 1.0);
    assert_eq!(rule["URLPath"], "/checkout*");
    let rules = async || {
        let output = service.call("/GetSamplingRules", &json!({})).await;
        output["SamplingRuleRecords"].as_array().unwrap().clone()
    };
    assert_eq!(&rules().await[0], record);
    // Until it is over, and not a moment longer than anyone would wait for it.
    while rules().await.len() > 1 {
        tokio::task::yield_now().await;
    }
    let changed = targets(&service, &[]).await["LastRuleModification"].clone();
    assert_eq!(changed, record["Until"], "SDKs hear of it");
    let gone = json!({ "RuleName": rule["RuleName"] });
    let answer = service.post("/DeleteSamplingRule", gone.to_string()).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn nothing_is_raised_for_ever() {
    let service = Service::start().await;
    for seconds in [0, 86_401] {
        let input = json!({ "Seconds": seconds }).to_string();
        let answer = service.post("/RaiseSampling", input).await;
        assert_eq!(answer.status, 400);
        let message = answer.json()["Message"].to_string();
        assert!(message.contains("86400"), "{message}");
    }
}

#[tokio::test]
async fn rules_outside_the_limits_of_the_model_are_refused() {
    let service = Service::start().await;
    let long = |chars: usize| "ä".repeat(chars);
    let attributes = |many: usize| -> Value {
        let pair = |it| (format!("k{it}"), json!("v"));
        (0..many)
            .map(pair)
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    for more in [
        json!({ "RuleName": "" }),
        json!({ "RuleName": long(33) }),
        json!({ "RuleName": null }),
        json!({ "RuleName": "Default" }),
        json!({ "RuleARN": "arn:aws:xray:us-east-1:000000000000:sampling-rule/x" }),
        json!({ "Priority": 0 }),
        json!({ "Priority": 10_000 }),
        json!({ "Priority": -1 }),
        json!({ "FixedRate": 1.01 }),
        json!({ "FixedRate": -0.1 }),
        json!({ "FixedRate": null }),
        json!({ "ReservoirSize": -1 }),
        json!({ "ResourceARN": long(501) }),
        json!({ "ServiceName": long(65) }),
        json!({ "ServiceType": long(65) }),
        json!({ "Host": long(65) }),
        json!({ "HTTPMethod": long(11) }),
        json!({ "URLPath": long(129) }),
        json!({ "Version": 2 }),
        json!({ "Attributes": attributes(6) }),
        json!({ "Attributes": { "": "v" } }),
        json!({ "Attributes": { "k": long(33) } }),
        json!({ "SamplingRateBoost": { "MaxRate": 2, "CooldownWindowMinutes": 1 } }),
    ] {
        let input = json!({ "SamplingRule": rule("x", more) });
        refused(
            &service,
            "/CreateSamplingRule",
            &input,
            "InvalidRequestException",
        )
        .await;
    }
    let edge = json!({
        "RuleName": long(32), "URLPath": long(128), "HTTPMethod": long(10), "Attributes": attributes(5),
        "SamplingRateBoost": { "MaxRate": 1.0, "CooldownWindowMinutes": 10 },
    });
    let made = create_rule(&service, "x", edge.clone()).await;
    assert_eq!(
        made["SamplingRule"]["SamplingRateBoost"],
        edge["SamplingRateBoost"]
    );
    let both = json!({ "RuleName": "x", "RuleARN": "x" });
    refused(
        &service,
        "/DeleteSamplingRule",
        &both,
        "InvalidRequestException",
    )
    .await;
    refused(
        &service,
        "/DeleteSamplingRule",
        &json!({}),
        "InvalidRequestException",
    )
    .await;
    for number in 1..25 {
        create_rule(&service, &format!("r{number}"), json!({})).await;
    }
    let input = json!({ "SamplingRule": rule("one more", json!({})) });
    refused(
        &service,
        "/CreateSamplingRule",
        &input,
        "RuleLimitExceededException",
    )
    .await;
}

#[tokio::test]
async fn a_reservoir_is_shared_by_the_clients_that_report() {
    let service = Service::start().await;
    create_rule(&service, "r", json!({ "ReservoirSize": 5 })).await;
    let client = |number: usize| format!("{number:024}");
    let quota = |output: &Value, at: usize| {
        output["SamplingTargetDocuments"][at]["ReservoirQuota"]
            .as_u64()
            .unwrap()
    };
    let alone = targets(&service, &[report("r", &client(1), [9, 5, 0])]).await;
    assert_eq!(quota(&alone, 0), 5);
    let two = targets(
        &service,
        &[
            report("r", &client(2), [1, 1, 0]),
            report("Default", &client(2), [1, 1, 0]),
        ],
    )
    .await;
    assert_eq!([quota(&two, 0), quota(&two, 1)], [2, 1]);
    let first = targets(&service, &[report("r", &client(1), [9, 5, 0])]).await;
    assert_eq!(quota(&first, 0), 3);
    let target = &first["SamplingTargetDocuments"][0];
    assert_eq!(target["FixedRate"], 0.1);
    assert_eq!(target["Interval"], 10);
    assert!(target["ReservoirQuotaTTL"].as_f64().unwrap() > START);
    let gone = targets(&service, &[report("gone", CLIENT, [1, 1, 0])]).await;
    assert_eq!(gone["SamplingTargetDocuments"], json!([]));
    let expected = json!([{ "RuleName": "gone", "ErrorCode": "400", "Message": "Unknown rule" }]);
    assert_eq!(gone["UnprocessedStatistics"], expected);
    for reports in [
        vec![report("r", "short", [1, 1, 0])],
        vec![report("", CLIENT, [1, 1, 0])],
        vec![with(
            report("r", CLIENT, [1, 1, 0]),
            json!({ "RequestCount": -1 }),
        )],
        vec![report("r", CLIENT, [1, 1, 0]); 26],
    ] {
        let input = json!({ "SamplingStatisticsDocuments": reports });
        refused(
            &service,
            "/SamplingTargets",
            &input,
            "InvalidRequestException",
        )
        .await;
    }
}

#[tokio::test]
async fn reports_add_up_in_periods_and_are_read_page_by_page() {
    let service = Service::start().await;
    create_rule(&service, "r", json!({})).await;
    for _ in 0..2 {
        let reports = [
            report("r", CLIENT, [10, 3, 1]),
            report("Default", CLIENT, [4, 4, 0]),
        ];
        targets(&service, &reports).await;
    }
    let path = "/SamplingStatisticSummaries";
    let output = service.call(path, &json!({})).await;
    let sum = |rule: &str, key: &str| -> i64 {
        let summaries = output["SamplingStatisticSummaries"].as_array().unwrap();
        let of_rule = summaries.iter().filter(|it| it["RuleName"] == rule);
        of_rule.map(|it| it[key].as_i64().unwrap()).sum()
    };
    assert_eq!(
        [sum("r", "RequestCount"), sum("r", "SampledCount")],
        [20, 6]
    );
    assert_eq!(sum("r", "BorrowCount"), 2);
    assert_eq!(sum("Default", "RequestCount"), 8);
    let period = output["SamplingStatisticSummaries"][0]["Timestamp"].as_i64();
    assert_eq!(period.unwrap() % 10, 0);
    assert!(output.get("NextToken").is_none());
    refused(
        &service,
        path,
        &json!({ "NextToken": "x" }),
        "InvalidRequestException",
    )
    .await;
}

#[tokio::test]
async fn statistics_over_more_than_a_page_come_whole_and_once() {
    let service = Service::start().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap().as_secs_f64();
    for number in 1..=25 {
        let name = format!("r{number}");
        create_rule(&service, &name, json!({})).await;
    }
    for back in 0..5_u32 {
        let at = json!({ "Timestamp": now - f64::from(back) * 10.0 });
        let report = |number| with(report(&format!("r{number}"), CLIENT, [1, 0, 0]), at.clone());
        let reports: Vec<_> = (1..=25).map(report).collect();
        targets(&service, &reports).await;
    }
    let (mut seen, mut next, mut pages) = (Vec::new(), Value::Null, 0);
    while pages == 0 || !next.is_null() {
        let output = service
            .call("/SamplingStatisticSummaries", &json!({ "NextToken": next }))
            .await;
        for it in output["SamplingStatisticSummaries"].as_array().unwrap() {
            assert_eq!(it["RequestCount"], 1);
            seen.push((
                it["Timestamp"].as_i64().unwrap(),
                it["RuleName"].to_string(),
            ));
        }
        next = output["NextToken"].clone();
        pages += 1;
    }
    assert_eq!((seen.len(), pages), (125, 2));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 125);
}

#[tokio::test]
async fn a_group_is_made_changed_found_and_deleted() {
    let service = Service::start().await;
    let input = json!({
        "GroupName": "slow", "FilterExpression": "responsetime > 5",
        "Tags": [{ "Key": "team", "Value": "orders" }],
    });
    let made = service.call("/CreateGroup", &input).await["Group"].clone();
    let arn = made["GroupARN"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:xray:us-east-1:000000000000:group/slow/"));
    let insights = json!({ "InsightsEnabled": true, "NotificationsEnabled": false });
    let update = json!({ "GroupARN": arn, "InsightsConfiguration": insights });
    let changed = service.call("/UpdateGroup", &update).await["Group"].clone();
    assert_eq!(
        changed,
        with(made.clone(), json!({ "InsightsConfiguration": insights }))
    );
    let found = service
        .call("/GetGroup", &json!({ "GroupName": "slow" }))
        .await;
    assert_eq!(found["Group"], changed);
    let groups = service.call("/Groups", &json!({})).await["Groups"].clone();
    assert_eq!(groups[0]["GroupName"], "Default");
    assert_eq!(groups[1], changed);
    let tags = service
        .call("/ListTagsForResource", &json!({ "ResourceARN": arn }))
        .await;
    assert_eq!(tags["Tags"], input["Tags"]);
    service
        .call("/DeleteGroup", &json!({ "GroupARN": arn }))
        .await;
    let found = json!({ "GroupName": "slow" });
    refused(&service, "/GetGroup", &found, "InvalidRequestException").await;
    let made_again = service
        .call("/CreateGroup", &json!({ "GroupName": "slow" }))
        .await;
    assert_ne!(
        made_again["Group"]["GroupARN"], arn,
        "another group of the same name"
    );
}

#[tokio::test]
async fn groups_that_make_no_sense_are_refused() {
    let service = Service::start().await;
    let invalid = "InvalidRequestException";
    service
        .call("/CreateGroup", &json!({ "GroupName": "a" }))
        .await;
    let notify = json!({ "InsightsEnabled": false, "NotificationsEnabled": true });
    for input in [
        json!({}),
        json!({ "GroupName": "" }),
        json!({ "GroupName": "a" }),
        json!({ "GroupName": "Default" }),
        json!({ "GroupName": "no spaces" }),
        json!({ "GroupName": "x".repeat(33) }),
        json!({ "GroupName": "b", "InsightsConfiguration": notify }),
        json!({ "GroupName": "b", "FilterExpression": "x".repeat(5000) }),
        json!({ "GroupName": "b", "FilterExpression": "http.status CONTAINS 5" }),
        json!({ "GroupName": "b", "Tags": [{ "Key": "aws:x", "Value": "" }] }),
    ] {
        refused(&service, "/CreateGroup", &input, invalid).await;
    }
    let groups = service.call("/Groups", &json!({})).await["Groups"].clone();
    assert_eq!(
        groups.as_array().unwrap().len(),
        2,
        "what was refused left nothing"
    );
    for (path, input) in [
        ("/DeleteGroup", json!({ "GroupName": "Default" })),
        (
            "/UpdateGroup",
            json!({ "GroupName": "Default", "FilterExpression": "ok" }),
        ),
        ("/UpdateGroup", json!({ "GroupName": "b" })),
        ("/GetGroup", json!({})),
        ("/GetGroup", json!({ "GroupName": "a", "GroupARN": "a" })),
        ("/Groups", json!({ "NextToken": "x" })),
    ] {
        refused(&service, path, &input, invalid).await;
    }
    for number in 1..25 {
        let input = json!({ "GroupName": format!("g{number}") });
        service.call("/CreateGroup", &input).await;
    }
    let input = json!({ "GroupName": "more" });
    refused(&service, "/CreateGroup", &input, invalid).await;
}

#[tokio::test]
async fn tags_come_and_go_with_limits() {
    let service = Service::start().await;
    let made = create_rule(&service, "r", json!({})).await;
    let arn = made["SamplingRule"]["RuleARN"].as_str().unwrap();
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let add = |tags: Value| json!({ "ResourceARN": arn, "Tags": tags });
    let list = json!({ "ResourceARN": arn });
    service
        .call("/TagResource", &add(json!([tag("a", "1"), tag("b", "")])))
        .await;
    service
        .call("/TagResource", &add(json!([tag("a", "2")])))
        .await;
    let tags = service.call("/ListTagsForResource", &list).await;
    assert_eq!(tags["Tags"], json!([tag("a", "2"), tag("b", "")]));
    let remove = json!({ "ResourceARN": arn, "TagKeys": ["a", "unknown"] });
    service.call("/UntagResource", &remove).await;
    let tags = service.call("/ListTagsForResource", &list).await;
    assert_eq!(tags["Tags"], json!([tag("b", "")]));
    let many: Vec<_> = (0..50).map(|it| tag(&format!("k{it}"), "v")).collect();
    let answer = refused(
        &service,
        "/TagResource",
        &add(json!(many)),
        "TooManyTagsException",
    )
    .await;
    assert_eq!(answer.json()["ResourceName"], arn);
    for wrong in [
        tag("", "v"),
        tag(&"k".repeat(129), "v"),
        tag("k", &"v".repeat(257)),
    ] {
        refused(
            &service,
            "/TagResource",
            &add(json!([wrong])),
            "InvalidRequestException",
        )
        .await;
    }
    let unknown = "arn:aws:xray:us-east-1:000000000000:group/none";
    for (path, more) in [
        ("/TagResource", json!({ "Tags": [] })),
        ("/UntagResource", json!({ "TagKeys": [] })),
        ("/ListTagsForResource", json!({})),
    ] {
        let input = with(json!({ "ResourceARN": unknown }), more);
        let answer = refused(&service, path, &input, "ResourceNotFoundException").await;
        assert_eq!(answer.json()["ResourceName"], unknown);
    }
}

#[tokio::test]
async fn encryption_is_updating_and_then_active() {
    let service = Service::start().await;
    // Clients send nothing at all with this one.
    let present = service.post("/EncryptionConfig", "").await.json();
    assert_eq!(
        present,
        json!({ "EncryptionConfig": { "Type": "NONE", "Status": "ACTIVE" } })
    );
    let input = json!({ "Type": "KMS", "KeyId": "alias/mine" });
    let status =
        |status| json!({ "EncryptionConfig": with(input.clone(), json!({ "Status": status })) });
    let answer = service.call("/PutEncryptionConfig", &input).await;
    assert_eq!(answer, status("UPDATING"));
    let present = service.call("/EncryptionConfig", &json!({})).await;
    assert_eq!(present, status("ACTIVE"));
    for wrong in [
        json!({}),
        json!({ "Type": "AES" }),
        json!({ "Type": "KMS" }),
        json!({ "Type": "KMS", "KeyId": "mine" }),
        json!({ "Type": "NONE", "KeyId": "alias/mine" }),
    ] {
        refused(
            &service,
            "/PutEncryptionConfig",
            &wrong,
            "InvalidRequestException",
        )
        .await;
    }
    assert_eq!(service.call("/EncryptionConfig", &json!({})).await, present);
}

fn policy(effect: &str, principal: &Value) -> String {
    let statement = json!({
        "Effect": effect, "Principal": principal, "Action": ["xray:Put*"], "Resource": "*",
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

#[tokio::test]
async fn policies_are_changed_only_by_who_knows_their_revision() {
    let service = Service::start().await;
    let document = policy("Allow", &json!({ "Service": "sns.amazonaws.com" }));
    let put = |more| {
        with(
            json!({ "PolicyName": "sns", "PolicyDocument": document }),
            more,
        )
    };
    let first = json!({ "PolicyRevisionId": "0" });
    let made = service
        .call("/PutResourcePolicy", &put(first.clone()))
        .await["ResourcePolicy"]
        .clone();
    assert_eq!(made["PolicyDocument"], document);
    let other = "InvalidPolicyRevisionIdException";
    refused(&service, "/PutResourcePolicy", &put(first), other).await;
    let known = json!({ "PolicyRevisionId": made["PolicyRevisionId"] });
    let changed = service
        .call("/PutResourcePolicy", &put(known.clone()))
        .await["ResourcePolicy"]
        .clone();
    assert_ne!(changed["PolicyRevisionId"], made["PolicyRevisionId"]);
    let list = service.call("/ListResourcePolicies", &json!({})).await;
    assert_eq!(list, json!({ "ResourcePolicies": [changed] }));
    let delete = |more| with(json!({ "PolicyName": "sns" }), more);
    refused(&service, "/DeleteResourcePolicy", &delete(known), other).await;
    service
        .call("/DeleteResourcePolicy", &delete(json!({})))
        .await;
    let list = service.call("/ListResourcePolicies", &json!({})).await;
    assert_eq!(list, json!({ "ResourcePolicies": [] }));
}

#[tokio::test]
async fn policies_have_the_errors_of_the_model() {
    let service = Service::start().await;
    let put =
        |name: &str, document: &str| json!({ "PolicyName": name, "PolicyDocument": document });
    let lockout = policy("Deny", &json!("*"));
    let malformed = "MalformedPolicyDocumentException";
    for (document, code) in [
        ("no JSON", malformed),
        ("{}", malformed),
        (
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}"#,
            malformed,
        ),
        (&" ".repeat(6000), "PolicySizeLimitExceededException"),
        (&lockout, "LockoutPreventionException"),
    ] {
        refused(&service, "/PutResourcePolicy", &put("p", document), code).await;
    }
    let bypass = json!({ "BypassPolicyLockoutCheck": true });
    service
        .call("/PutResourcePolicy", &with(put("p", &lockout), bypass))
        .await;
    let allow = policy("Allow", &json!({ "AWS": "*" }));
    let bad_name = put("a b", &allow);
    refused(
        &service,
        "/PutResourcePolicy",
        &bad_name,
        "InvalidRequestException",
    )
    .await;
    for number in 1..5 {
        service
            .call("/PutResourcePolicy", &put(&format!("p{number}"), &allow))
            .await;
    }
    let many = "PolicyCountLimitExceededException";
    refused(&service, "/PutResourcePolicy", &put("more", &allow), many).await;
    service.call("/PutResourcePolicy", &put("p1", &allow)).await;
}

#[tokio::test]
async fn the_indexing_rule_and_the_destination_are_kept() {
    let service = Service::start().await;
    let percentage = |output: &Value| {
        output["IndexingRules"][0]["Rule"]["Probabilistic"]["DesiredSamplingPercentage"].clone()
    };
    let rules = service.call("/GetIndexingRules", &json!({})).await;
    assert_eq!(percentage(&rules), 100.0);
    let update = |name: &str, percentage: f64| json!({ "Name": name, "Rule": { "Probabilistic": { "DesiredSamplingPercentage": percentage } } });
    let path = "/UpdateIndexingRule";
    let changed = service.call(path, &update("Default", 5.5)).await;
    let rules = service.call("/GetIndexingRules", &json!({})).await;
    assert_eq!(percentage(&rules), 5.5);
    assert_eq!(rules["IndexingRules"][0], changed["IndexingRule"]);
    refused(
        &service,
        path,
        &update("other", 5.0),
        "ResourceNotFoundException",
    )
    .await;
    refused(
        &service,
        path,
        &update("Default", 101.0),
        "InvalidRequestException",
    )
    .await;

    let present = service.post("/GetTraceSegmentDestination", "").await.json();
    assert_eq!(
        present,
        json!({ "Destination": "XRay", "Status": "ACTIVE" })
    );
    let logs = json!({
        "Destination": "CloudWatchLogs", "CloudWatchLogsConfiguration": { "SpansLogGroupKmsKeyId": "k" },
    });
    let path = "/UpdateTraceSegmentDestination";
    let answer = service.call(path, &logs).await;
    assert_eq!(
        answer,
        json!({ "Destination": "CloudWatchLogs", "Status": "PENDING" })
    );
    let present = service.post("/GetTraceSegmentDestination", "").await.json();
    assert_eq!(
        present,
        json!({ "Destination": "CloudWatchLogs", "Status": "ACTIVE" })
    );
    let wrong = with(logs, json!({ "Destination": "XRay" }));
    refused(&service, path, &wrong, "InvalidRequestException").await;
}

async fn retrieve(service: &Service, ids: &[String], range: (f64, f64)) -> String {
    let input = json!({ "TraceIds": ids, "StartTime": range.0, "EndTime": range.1 });
    let output = service.call("/StartTraceRetrieval", &input).await;
    output["RetrievalToken"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_retrieval_gives_traces_of_its_range_page_by_page() {
    let service = Service::start().await;
    let ids: Vec<_> = (0..7).map(trace_id).collect();
    for id in &ids {
        let document = segment(
            "1000000000000001",
            "web",
            (0.0, 1.0),
            json!({ "trace_id": id }),
        );
        service.put(&[document]).await;
    }
    let many: Vec<_> = (0..150)
        .map(|it| segment(&format!("{:016x}", it + 1), "many", (0.0, 1.0), json!({})))
        .collect();
    service.put(&many).await;
    let mut asked = vec![TRACE.to_owned()];
    asked.extend(ids.clone());
    asked.push(trace_id(99));
    let token = retrieve(&service, &asked, (START - 1.0, START + 10.0)).await;
    let (mut spans, mut pages, mut next) = (Vec::new(), Vec::new(), Value::Null);
    while pages.is_empty() || !next.is_null() {
        let input = json!({ "RetrievalToken": token, "TraceFormat": "XRAY", "NextToken": next });
        let output = service.call("/ListRetrievedTraces", &input).await;
        assert_eq!(output["RetrievalStatus"], "COMPLETE");
        assert_eq!(output["TraceFormat"], "XRAY");
        let traces = output["Traces"].as_array().unwrap();
        for trace in traces {
            assert_eq!(trace["Duration"], 1.0);
            for span in trace["Spans"].as_array().unwrap() {
                let document = span["Document"].as_str().unwrap();
                let document: Value = serde_json::from_str(document).unwrap();
                assert_eq!(document["id"], span["Id"]);
                spans.push((trace["Id"].clone(), span["Id"].clone()));
            }
        }
        pages.push(traces.len());
        next = output["NextToken"].clone();
    }
    assert_eq!(spans.len(), 157);
    assert_eq!(pages, [1, 5, 3]);
    let input = json!({ "RetrievalToken": token });
    let graph = service.call("/GetRetrievedTracesGraph", &input).await;
    assert_eq!(graph["RetrievalStatus"], "COMPLETE");
    let requests = |name: &str| {
        let services = graph["Services"].as_array().unwrap().iter();
        let mut services = services.map(|it| &it["Service"]);
        let service = services.find(|it| it["Name"] == name && it["Type"] != "client");
        service.unwrap()["SummaryStatistics"]["TotalCount"].clone()
    };
    assert_eq!([requests("web"), requests("many")], [7, 150]);
    let late = retrieve(&service, &asked, (START + 5.0, START + 10.0)).await;
    let output = service
        .call("/ListRetrievedTraces", &json!({ "RetrievalToken": late }))
        .await;
    assert_eq!(output["Traces"], json!([]));
}

#[tokio::test]
async fn a_span_too_large_for_a_page_comes_in_parts() {
    let service = Service::start().await;
    let text = "x".repeat(60_000);
    let mut documents = vec![segment("1000000000000001", "web", (0.0, 1.0), json!({}))];
    for number in 2..7 {
        let id = format!("{number:016x}");
        let more = json!({ "metadata": { "default": { "text": text } } });
        documents.push(subsegment(
            &id,
            "large",
            "1000000000000001",
            (0.0, 1.0),
            more,
        ));
    }
    service.put(&documents).await;
    let token = retrieve(&service, &[TRACE.to_owned()], (START, START + 1.0)).await;
    let input = json!({ "RetrievalToken": token });
    let output = service.call("/ListRetrievedTraces", &input).await;
    let spans = output["Traces"][0]["Spans"].as_array().unwrap();
    assert_eq!(spans.len(), 6);
    for span in spans {
        assert!(span["Document"].as_str().unwrap().len() < 204_800);
    }
    let child: Value = serde_json::from_str(spans[1]["Document"].as_str().unwrap()).unwrap();
    assert_eq!(child["parent_id"], "1000000000000001");
    assert_eq!(child["trace_id"], TRACE);
}

#[tokio::test]
async fn a_retrieval_gives_spans_of_opentelemetry_where_they_are_asked_for() {
    let service = Service::start().await;
    let fields = json!({
        "fault": true, "annotations": { "customer": "c1" }, "http": { "request": { "method": "GET" }, "response": { "status": 500 } },
        "cause": { "exceptions": [{ "id": "2000000000000001", "type": "Declined", "message": "no" }] },
        "metadata": { "default": { "cart": [1] } },
        "subsegments": [{ "id": "1000000000000002", "name": "db", "namespace": "remote", "start_time": START + 0.25, "end_time": START + 0.5 }],
    });
    service
        .put(&[segment("1000000000000001", "web", (0.0, 1.0), fields)])
        .await;
    let token = retrieve(&service, &[TRACE.to_owned()], (START, START + 1.0)).await;
    let input = json!({ "RetrievalToken": token, "TraceFormat": "OTEL" });
    let output = service.call("/ListRetrievedTraces", &input).await;
    assert_eq!(output["TraceFormat"], "OTEL");
    let spans = output["Traces"][0]["Spans"].as_array().unwrap().iter();
    let spans: Vec<Value> = spans
        .map(|it| serde_json::from_str(it["Document"].as_str().unwrap()).unwrap())
        .collect();
    let [web, db, _inferred] = spans.as_slice() else {
        panic!("{spans:#?}");
    };
    assert_eq!(web["traceId"], "6502e9a00123456789abcdef01234567");
    assert_eq!(web["kind"], "SERVER");
    assert_eq!(web["status"]["code"], "ERROR");
    assert_eq!(web["durationNano"], 1_000_000_000);
    assert_eq!(web["attributes"]["customer"], "c1");
    assert_eq!(web["attributes"]["http.response.status_code"], 500);
    assert_eq!(
        web["attributes"]["aws.xray.metadata.default"],
        "{\"cart\":[1]}"
    );
    assert_eq!(web["events"][0]["attributes"]["exception.type"], "Declined");
    assert_eq!(db["parentSpanId"], web["spanId"]);
    assert_eq!(db["kind"], "CLIENT");
    assert_eq!(db["startTimeUnixNano"], 1_694_689_696_250_000_000_u64);
    assert_eq!(db["resource"]["attributes"]["service.name"], "web");
}

#[tokio::test]
async fn a_cancelled_retrieval_gives_nothing_and_an_unknown_one_is_not_found() {
    let service = Service::start().await;
    service
        .put(&[segment("1000000000000001", "web", (0.0, 1.0), json!({}))])
        .await;
    let token = retrieve(&service, &[TRACE.to_owned()], (START, START + 1.0)).await;
    let list = json!({ "RetrievalToken": token });
    service.call("/CancelTraceRetrieval", &list).await;
    let output = service.call("/ListRetrievedTraces", &list).await;
    assert_eq!(output["RetrievalStatus"], "CANCELLED");
    assert_eq!(output["Traces"], json!([]));
    let graph = service.call("/GetRetrievedTracesGraph", &list).await;
    let nothing = json!({ "RetrievalStatus": "CANCELLED", "Services": [] });
    assert_eq!(graph, nothing);
    let unknown = json!({ "RetrievalToken": "unknown" });
    for path in [
        "/ListRetrievedTraces",
        "/GetRetrievedTracesGraph",
        "/CancelTraceRetrieval",
    ] {
        refused(&service, path, &unknown, "ResourceNotFoundException").await;
    }
    let invalid = "InvalidRequestException";
    let range = json!({ "StartTime": START, "EndTime": START });
    for more in [
        json!({ "TraceIds": ["nonsense"] }),
        json!({ "TraceIds": vec![TRACE; 101] }),
        json!({ "TraceIds": [TRACE], "EndTime": START - 1.0 }),
    ] {
        let input = with(range.clone(), more);
        refused(&service, "/StartTraceRetrieval", &input, invalid).await;
    }
    let zipkin = with(list, json!({ "TraceFormat": "ZIPKIN" }));
    refused(&service, "/ListRetrievedTraces", &zipkin, invalid).await;
}

#[tokio::test]
async fn telemetry_is_kept_as_far_as_it_fits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("traces.db");
    let running = start(&file).await;
    let record = json!({ "Timestamp": START, "SegmentsSentCount": 7, "BackendConnectionErrors": { "HTTPCode5XXCount": 1 } });
    let input =
        |many: usize| json!({ "TelemetryRecords": vec![&record; many], "Hostname": "here" });
    for many in [10, 1500] {
        let answer = post(running.addr(), "/TelemetryRecords", input(many).to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({})));
    }
    for wrong in [
        json!({}),
        json!({ "TelemetryRecords": [{}] }),
        with(input(1), json!({ "EC2InstanceId": "x".repeat(21) })),
    ] {
        let answer = post(running.addr(), "/TelemetryRecords", wrong.to_string()).await;
        assert_eq!(answer.status, 400);
    }
    running.close().await;
    let store = rusqlite::Connection::open(&file).unwrap();
    let sql = "SELECT count(*), max(body) FROM telemetry";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (rows, body): (u32, String) = store.query_row(sql, [], read).unwrap();
    assert_eq!(rows, 1000);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["Hostname"], "here");
    assert_eq!(body["Record"]["SegmentsSentCount"], 7);
    assert_eq!(
        body["Record"]["BackendConnectionErrors"]["HTTPCode5XXCount"],
        1
    );
}

#[tokio::test]
async fn everything_set_up_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let put = [
        (
            "/CreateSamplingRule",
            json!({ "SamplingRule": rule("r", json!({})), "Tags": [{ "Key": "k", "Value": "v" }] }),
        ),
        ("/CreateGroup", json!({ "GroupName": "g" })),
        (
            "/PutEncryptionConfig",
            json!({ "Type": "KMS", "KeyId": "alias/mine" }),
        ),
        (
            "/PutResourcePolicy",
            json!({ "PolicyName": "p", "PolicyDocument": policy("Allow", &json!("*")) }),
        ),
        (
            "/UpdateTraceSegmentDestination",
            json!({ "Destination": "CloudWatchLogs" }),
        ),
        (
            "/SamplingTargets",
            json!({ "SamplingStatisticsDocuments": [report("r", CLIENT, [1, 1, 0])] }),
        ),
    ];
    let get = [
        ("/GetSamplingRules", json!({})),
        (
            "/ListTagsForResource",
            json!({ "ResourceARN": "arn:aws:xray:us-east-1:000000000000:sampling-rule/r" }),
        ),
        ("/Groups", json!({})),
        ("/EncryptionConfig", json!({})),
        ("/ListResourcePolicies", json!({})),
        ("/GetTraceSegmentDestination", json!({})),
        ("/SamplingStatisticSummaries", json!({})),
    ];
    let mut answers = Vec::new();
    for round in 0..2 {
        let running = start(folder.path()).await;
        if round == 0 {
            for (path, input) in &put {
                let answer = post(running.addr(), path, input.to_string()).await;
                assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
            }
        }
        for (path, input) in &get {
            let answer = post(running.addr(), path, input.to_string()).await;
            assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
            answers.push((*path, answer.json()));
        }
        running.close().await;
    }
    let after = answers.split_off(get.len());
    assert_eq!(answers, after);
}

#[tokio::test]
async fn the_terminal_lists_rules_with_what_they_did() {
    let service = Service::start().await;
    create_rule(&service, "orders", json!({ "URLPath": "/orders*" })).await;
    for _ in 0..2 {
        targets(&service, &[report("orders", CLIENT, [10, 3, 1])]).await;
    }
    let url = format!("http://{}", service.running.addr());
    let run = async |arguments: &[&str]| {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_xray-local"))
            .args(arguments)
            .args(["--endpoint", &url])
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let list = run(&["rules"]).await;
    let lines: Vec<_> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    let words: Vec<_> = lines[1].split_whitespace().collect();
    let expected = "100 orders 10 % 5/s 20 6 2 GET /orders*";
    assert_eq!(words.join(" "), expected);
    assert!(lines[2].ends_with("every request"), "{list}");
    let json: Value = serde_json::from_str(&run(&["rules", "--json"]).await).unwrap();
    assert_eq!(json[0]["Statistics"]["RequestCount"], 20);
    assert_eq!(json[0]["SamplingRule"]["RuleName"], "orders");
}

#[tokio::test]
async fn whatever_comes_as_a_body_is_answered() {
    let service = Service::start().await;
    let deep = "[".repeat(10_000);
    let bodies = [
        "",
        "null",
        "1",
        "[]",
        "{",
        "\u{0}",
        deep.as_str(),
        r#"{"NextToken":7}"#,
        r#"{"NextToken":"18446744073709551616.x:"}"#,
        r#"{"ResourceARN":"","Tags":null,"TagKeys":[null]}"#,
        r#"{"GroupName":{},"RuleName":[],"PolicyName":1e999}"#,
        r#"{"SamplingRule":{"Priority":1e300,"FixedRate":"NaN"}}"#,
        r#"{"SamplingStatisticsDocuments":[{"RuleName":"Default","ClientID":"0123456789abcdef01234567","Timestamp":-1e308,"RequestCount":4294967295,"SampledCount":0}]}"#,
        r#"{"TraceIds":[""],"StartTime":-1e308,"EndTime":1e308,"RetrievalToken":"%00"}"#,
    ];
    for path in [
        "/GetSamplingRules",
        "/CreateSamplingRule",
        "/UpdateSamplingRule",
        "/DeleteSamplingRule",
        "/SamplingTargets",
        "/SamplingStatisticSummaries",
        "/CreateGroup",
        "/UpdateGroup",
        "/DeleteGroup",
        "/GetGroup",
        "/Groups",
        "/TelemetryRecords",
        "/EncryptionConfig",
        "/PutEncryptionConfig",
        "/PutResourcePolicy",
        "/ListResourcePolicies",
        "/DeleteResourcePolicy",
        "/TagResource",
        "/UntagResource",
        "/ListTagsForResource",
        "/GetIndexingRules",
        "/UpdateIndexingRule",
        "/GetTraceSegmentDestination",
        "/UpdateTraceSegmentDestination",
        "/StartTraceRetrieval",
        "/ListRetrievedTraces",
        "/GetRetrievedTracesGraph",
        "/CancelTraceRetrieval",
    ] {
        for body in &bodies {
            let answer = service.post(path, (*body).to_owned()).await;
            let status = answer.status.as_u16();
            assert!([200, 400, 404].contains(&status), "{path} {body}: {status}");
            assert!(answer.json().is_object(), "{path} {body}");
        }
    }
}
