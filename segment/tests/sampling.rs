//! Sampling: which rule, which requests, and what is reported.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what tests share"
)]

use proptest::prelude::*;
use serde_json::{Value, json};
use xray_segment::Timestamp;
use xray_segment::sampling::{
    Counts, Quota, Rate, Request, Rule, Sampler, Target, Verdict, matches, order, pick, share,
};

fn rule(name: &str, priority: u16, more: &Value) -> Rule {
    let mut rule = json!({
        "RuleName": name, "Priority": priority, "FixedRate": 0.05, "ReservoirSize": 1, "ResourceARN": "*",
        "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
    });
    for (key, value) in more.as_object().unwrap() {
        rule[key] = value.clone();
    }
    serde_json::from_value(rule).unwrap()
}

fn rate(rate: f64) -> Rate {
    Rate::try_from(rate).unwrap()
}

fn second(second: u64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000)
}

#[test]
fn patterns_fit_whole_texts() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("*", "anything at all", true),
        ("**", "a", true),
        ("?", "", false),
        ("?", "ä", true),
        ("??", "a", false),
        ("a?c", "abc", true),
        ("*?", "a", true),
        ("*?", "", false),
        ("a*", "ABC", true),
        ("GET", "get", true),
        ("ÄRA", "ära", true),
        ("*.example.com", "api.example.com", true),
        ("*.example.com", "api.example.com.evil", false),
        ("/a/*/c", "/a/b/c/d/c", true),
        ("/a/*/c", "/a/b/c/d", false),
        ("*ab*ab*", "xxabyyabzz", true),
        ("*ab*ab", "ab", false),
        ("foo*ba?", "foobarbaz", true),
        ("a*b*c", "aXXbYYc", true),
        ("a*b*c", "aXXcYYb", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern:?} {text:?}");
    }
}

/// What the pattern means, without any care for time.
fn means(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        (['*', rest @ ..], text) => (0..=text.len()).any(|taken| means(rest, &text[taken..])),
        (['?', rest @ ..], [_, text @ ..]) => means(rest, text),
        ([wanted, rest @ ..], [found, text @ ..]) => {
            wanted.eq_ignore_ascii_case(found) && means(rest, text)
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn matching_agrees_with_its_meaning(pattern in "[abAB*?]{0,8}", text in "[abAB]{0,10}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(matches(&pattern, &text), means(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn any_text_fits_itself_and_the_star(text in "[^*?]*") {
        prop_assert!(matches(&text, &text));
        prop_assert!(matches("*", &text));
    }

    #[test]
    fn shares_together_are_the_reservoir(reservoir in 0_u32..10_000, processes in 1_u32..200) {
        let shares: Vec<_> = (0..processes).map(|place| share(reservoir, processes, place)).collect();
        prop_assert_eq!(shares.iter().sum::<u32>(), reservoir);
        let least = shares.iter().min().unwrap();
        prop_assert!(shares.iter().all(|it| it - least <= 1));
    }

    #[test]
    fn a_sampler_never_takes_more_than_its_quota_and_counts_everything(
        quota in 0_u32..5, times in prop::collection::vec(0_u64..4, 0..60),
    ) {
        let mut times = times;
        times.sort_unstable();
        let mut sampler = Sampler::new(rate(0.0), 1);
        sampler.aim(Target { rate: rate(0.0), quota: Some(Quota { per_second: quota, until: second(9) }) });
        for at in 0..4 {
            let asked = times.iter().filter(|it| **it == at).count();
            let taken = (0..asked).filter(|_| sampler.decide(second(at + 1), 0.0).is_sampled()).count();
            prop_assert_eq!(taken, asked.min(quota as usize));
        }
        let counts = sampler.report();
        prop_assert_eq!(counts.requests, times.len() as u64);
        prop_assert_eq!(counts.borrowed, 0);
        prop_assert!(counts.sampled <= counts.requests);
    }
}

#[test]
fn a_hostile_pattern_takes_no_time() {
    let pattern = "a*".repeat(64);
    assert!(!matches(&(pattern + "b"), &"a".repeat(20_000)));
}

#[test]
fn rules_are_tried_by_priority_then_name_and_the_default_last() {
    let mut rules = [
        rule("Default", 1, &json!({})),
        rule("b", 7, &json!({ "URLPath": "/b*" })),
        rule("a", 7, &json!({ "URLPath": "/b/only" })),
        rule("late", 9999, &json!({ "HTTPMethod": "post" })),
        rule(
            "attributes",
            2,
            &json!({ "Attributes": { "tier": "gold" } }),
        ),
        rule("resource", 3, &json!({ "ResourceARN": "arn:aws:*" })),
    ];
    order(&mut rules);
    let names: Vec<_> = rules.iter().map(|it| it.rule_name.as_str()).collect();
    assert_eq!(
        names,
        ["attributes", "resource", "a", "b", "late", "Default"]
    );
    let picked = |method, path| {
        let request = Request {
            http_method: Some(method),
            url_path: Some(path),
            ..Request::default()
        };
        pick(&rules, &request).map(|it| it.rule_name.as_str())
    };
    assert_eq!(picked("GET", "/b/only"), Some("a"));
    assert_eq!(picked("GET", "/B/2"), Some("b"));
    assert_eq!(picked("POST", "/"), Some("late"));
    assert_eq!(picked("GET", "/"), Some("Default"));
    let unknown = pick(&rules, &Request::default()).unwrap();
    assert_eq!(unknown.rule_name, "a", "what is not known fits");
    assert_eq!(pick(&[], &Request::default()), None);
}

#[test]
fn without_a_quota_one_request_a_second_is_borrowed() {
    let mut sampler = Sampler::new(rate(0.5), 10);
    let verdicts = [(1, 0.9), (1, 0.9), (1, 0.1), (2, 0.9), (1, 0.9)]
        .map(|(at, random)| sampler.decide(second(at), random));
    assert_eq!(
        verdicts,
        [
            Verdict::Borrowed,
            Verdict::Passed,
            Verdict::Drawn,
            Verdict::Borrowed,
            Verdict::Borrowed
        ]
    );
    let counts = Counts {
        requests: 5,
        sampled: 1,
        borrowed: 3,
    };
    assert_eq!(sampler.report(), counts);
    assert_eq!(sampler.report(), Counts::default());
}

#[test]
fn a_quota_ends_borrowing_until_it_runs_out() {
    use Verdict::{Borrowed, Passed, Reserved};

    let mut sampler = Sampler::new(rate(0.0), 10);
    let quota = Quota {
        per_second: 2,
        until: second(20),
    };
    sampler.aim(Target {
        rate: rate(0.0),
        quota: Some(quota),
    });
    let mut at = |time| [0; 3].map(|_| sampler.decide(second(time), 0.0));
    assert_eq!(at(20), [Reserved, Reserved, Passed]);
    assert_eq!(at(21), [Borrowed, Passed, Passed]);
}

#[test]
fn nothing_is_borrowed_from_an_empty_reservoir_and_rate_0_never_samples() {
    let mut sampler = Sampler::new(rate(0.0), 0);
    assert_eq!(sampler.decide(second(1), 0.0), Verdict::Passed);
    sampler.follow(&rule(
        "r",
        1,
        &json!({ "FixedRate": 1, "ReservoirSize": 0 }),
    ));
    assert_eq!(sampler.decide(second(1), 0.999_999), Verdict::Drawn);
}

#[test]
fn a_rate_outside_0_to_1_is_refused_also_in_json() {
    for text in ["-0.1", "1.01", "1e400", "\"0.5\"", "null"] {
        assert!(serde_json::from_str::<Rate>(text).is_err(), "{text}");
    }
    assert!(Rate::try_from(f64::NAN).is_err());
    assert_eq!(serde_json::from_str::<Rate>("1").unwrap(), Rate::ALL);
}
