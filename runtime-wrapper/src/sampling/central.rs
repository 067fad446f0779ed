//! The rules of X-Ray at work: decisions, what is to be reported of them, and what the answers change.
//!
//! Pure: time and randomness come with each call, and who talks to the daemon is not known here.

use std::time::Duration;

use xray_segment::sampling::{Quota, Request, Rule, Sampler, Target, order};
use xray_segment::{Timestamp, TraceId};

use super::wire::{Statistics, TargetDocument, Targets};
use super::{Decision, LocalRules};

/// How long rules hold that were not heard of again.
const VALID_FOR: Duration = Duration::from_hours(1);

/// The service says in whole seconds when a rule was changed.
const CHANGED_WITHIN: Duration = Duration::from_secs(1);

/// Rules and where this process stands with them.
#[derive(Debug)]
pub(super) struct Central {
    local: LocalRules,
    client: String,
    /// Between two reports of a rule, unless an answer says another.
    interval: Duration,
    /// Asked for at this time, in the order in which they are tried.
    rules: Option<(Timestamp, Vec<Entry>)>,
    /// When X-Ray last said that a rule was changed, by its clock.
    changed: Option<Timestamp>,
}

#[derive(Debug)]
struct Entry {
    rule: Rule,
    sampler: Sampler,
    reported: Timestamp,
    interval: Duration,
}

impl Central {
    pub(super) fn new(local: LocalRules, interval: Duration) -> Self {
        Self {
            local,
            client: String::new(),
            interval,
            rules: None,
            changed: None,
        }
    }

    /// Who reports: 24 hexadecimal digits.
    pub(super) fn name_client(&mut self, random: [u8; 12]) {
        let digits = TraceId::new(0, random).w3c();
        digits
            .get(8..)
            .unwrap_or_default()
            .clone_into(&mut self.client);
    }

    pub(super) fn decide(
        &mut self,
        now: Timestamp,
        random: f64,
        request: &Request<'_>,
    ) -> Decision {
        if let Some(entry) = self.entry(now, request) {
            return Decision {
                sampled: entry.sampler.decide(now, random).is_sampled(),
                rule: Some(entry.rule.rule_name.clone()),
            };
        }
        Decision {
            sampled: self.local.decide(now, random, request),
            rule: None,
        }
    }

    fn entry(&mut self, now: Timestamp, request: &Request<'_>) -> Option<&mut Entry> {
        let (asked, entries) = self.rules.as_mut()?;
        let is_valid = now.since(*asked) <= VALID_FOR;
        let mut entries = entries.iter_mut().filter(|_| is_valid);
        entries.find(|entry| entry.rule.fits(request))
    }

    /// Takes over the rules as they are now; those that stay keep their quotas and counts.
    pub(super) fn take_rules(&mut self, now: Timestamp, mut rules: Vec<Rule>) {
        rules.retain(|rule| rule.is_default() || rule.is_decidable());
        order(&mut rules);
        let interval = self.interval;
        let mut known = self.rules.take().map_or(Vec::new(), |(_, entries)| entries);
        let entries = rules.into_iter().map(|rule| {
            let before = known
                .iter()
                .position(|entry| entry.rule.rule_name == rule.rule_name);
            match before.map(|at| known.swap_remove(at)) {
                Some(entry) => entry.follow(rule),
                None => Entry::new(now, rule, interval),
            }
        });
        self.rules = Some((now, entries.collect()));
    }

    /// What has to be reported by now; it is reported once.
    pub(super) fn report(&mut self, now: Timestamp) -> Vec<Statistics> {
        let client = &self.client;
        let entries = self.rules.iter_mut().flat_map(|(_, entries)| entries);
        let due = entries.filter(|entry| now.since(entry.reported) >= entry.interval);
        due.filter_map(|entry| entry.report(now, client)).collect()
    }

    /// Takes over what a report was answered with; whether the rules are to be asked for again.
    pub(super) fn take_targets(&mut self, targets: Targets) -> bool {
        let Some((asked, entries)) = &mut self.rules else {
            return true;
        };
        for target in targets.sampling_target_documents {
            let mut entries = entries.iter_mut();
            if let Some(entry) = entries.find(|it| it.rule.rule_name == target.rule_name) {
                entry.aim(&target);
            }
        }
        // A rule that X-Ray does not know is one that was deleted.
        let mut refused = targets.unprocessed_statistics.iter();
        let is_unknown = refused.any(|refused| refused.error_code.starts_with('4'));
        let changed = targets.last_rule_modification;
        let is_changed = changed.is_some_and(|at| match self.changed.replace(at) {
            Some(before) => at != before,
            None => at.plus(CHANGED_WITHIN) > *asked,
        });
        is_changed || is_unknown
    }
}

impl Entry {
    fn new(now: Timestamp, rule: Rule, interval: Duration) -> Self {
        Self {
            sampler: Sampler::new(rule.fixed_rate, rule.reservoir_size),
            rule,
            reported: now,
            interval,
        }
    }

    fn follow(self, rule: Rule) -> Self {
        let mut sampler = self.sampler;
        sampler.follow(&rule);
        Self {
            rule,
            sampler,
            ..self
        }
    }

    fn report(&mut self, now: Timestamp, client: &str) -> Option<Statistics> {
        let counts = self.sampler.report();
        (counts.requests > 0).then(|| {
            self.reported = now;
            Statistics {
                client_id: client.to_owned(),
                rule_name: self.rule.rule_name.clone(),
                timestamp: now,
                request_count: counts.requests,
                sampled_count: counts.sampled,
                borrow_count: counts.borrowed,
            }
        })
    }

    fn aim(&mut self, target: &TargetDocument) {
        let quota = target.reservoir_quota.zip(target.reservoir_quota_ttl);
        self.sampler.aim(Target {
            rate: target.fixed_rate,
            quota: quota.map(|(per_second, until)| Quota { per_second, until }),
        });
        if let Some(seconds) = target.interval {
            self.interval = Duration::from_secs(seconds.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const START: u64 = 1_700_000_000_000_000;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(START + seconds * 1_000_000)
    }

    /// A rule with a reservoir of one and no rate, of which what is given is different.
    fn rule(name: &str, different: Value) -> Rule {
        let mut rule = json!({
            "RuleName": name, "ResourceARN": "*", "Priority": 100, "FixedRate": 0.0, "ReservoirSize": 1, "ServiceName": "*",
            "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1, "Attributes": {},
        });
        let different: serde_json::Map<String, Value> = serde_json::from_value(different).unwrap();
        rule.as_object_mut().unwrap().extend(different);
        serde_json::from_value(rule).unwrap()
    }

    fn central(rules: Vec<Rule>) -> Central {
        let none = r#"{"version": 2, "default": {"fixed_target": 0, "rate": 0}}"#;
        let mut central = Central::new(LocalRules::parse(none).unwrap(), Duration::from_secs(10));
        central.take_rules(at(0), rules);
        central
    }

    fn targets(targets: Value) -> Targets {
        serde_json::from_value(targets).unwrap()
    }

    fn rule_of(central: &mut Central, now: u64, request: &Request<'_>) -> Option<String> {
        central.decide(at(now), 0.5, request).rule
    }

    #[test]
    fn one_a_second_is_borrowed_until_there_is_a_quota_and_again_when_that_has_ended() {
        let mut central = central(vec![rule("Default", json!({}))]);
        let sampled = |central: &mut Central, now| {
            let all = (0..5).map(|_| central.decide(at(now), 0.5, &Request::default()));
            all.filter(|decision| decision.sampled).count()
        };
        assert_eq!((sampled(&mut central, 1), sampled(&mut central, 2)), (1, 1));
        let target = json!({ "SamplingTargetDocuments": [
            { "RuleName": "Default", "FixedRate": 0.0, "ReservoirQuota": 3, "ReservoirQuotaTTL": 1_700_000_020, "Interval": 10 },
            { "RuleName": "unknown", "FixedRate": 1.0 },
        ] });
        assert!(!central.take_targets(targets(target)));
        assert_eq!(
            (sampled(&mut central, 3), sampled(&mut central, 20)),
            (3, 3)
        );
        assert_eq!(sampled(&mut central, 21), 1);
        let none = json!({ "SamplingTargetDocuments": [
            { "RuleName": "Default", "FixedRate": 0.0, "ReservoirQuota": 0, "ReservoirQuotaTTL": 1_700_000_040 },
        ] });
        assert!(!central.take_targets(targets(none)));
        assert_eq!(sampled(&mut central, 30), 0, "a quota of none is one");
    }

    #[test]
    fn what_was_used_is_reported_once_an_interval() {
        let mut central = central(vec![
            rule("Default", json!({ "FixedRate": 1.0 })),
            rule("idle", json!({ "Host": "idle" })),
        ]);
        central.name_client([0xab; 12]);
        let request = Request {
            host: Some("busy"),
            ..Request::default()
        };
        for _ in 0..3 {
            central.decide(at(5), 0.5, &request);
        }
        assert_eq!(central.report(at(9)), []);
        let reported = central.report(at(10));
        let expected = Statistics {
            client_id: "ab".repeat(12),
            rule_name: "Default".to_owned(),
            timestamp: at(10),
            request_count: 3,
            sampled_count: 2,
            borrow_count: 1,
        };
        assert_eq!(reported, [expected]);
        assert_eq!(central.report(at(30)), [], "nothing happened since");
        let slower = json!({ "SamplingTargetDocuments": [{ "RuleName": "Default", "FixedRate": 1.0, "Interval": 60 }] });
        central.take_targets(targets(slower));
        central.decide(at(31), 0.5, &request);
        assert_eq!(central.report(at(69)), []);
        assert_eq!(central.report(at(70)).len(), 1);
    }

    #[test]
    fn rules_that_changed_are_asked_for_again_and_keep_their_counts() {
        let mut central = central(vec![rule("Default", json!({}))]);
        for (answer, expected) in [
            (json!({ "LastRuleModification": 1_600_000_000 }), false),
            (json!({ "LastRuleModification": 1_600_000_000 }), false),
            // By a clock that is behind, and by one that is ahead.
            (json!({ "LastRuleModification": 1_600_000_001 }), true),
            (json!({ "LastRuleModification": 1_900_000_000 }), true),
            (json!({ "LastRuleModification": 1_900_000_000 }), false),
            (
                json!({ "UnprocessedStatistics": [{ "RuleName": "gone", "ErrorCode": "400" }] }),
                true,
            ),
            (
                json!({ "UnprocessedStatistics": [{ "RuleName": "Default", "ErrorCode": "500" }] }),
                false,
            ),
        ] {
            assert_eq!(
                central.take_targets(targets(answer.clone())),
                expected,
                "{answer}"
            );
        }
        central.decide(at(1), 0.5, &Request::default());
        central.take_rules(
            at(2),
            vec![
                rule("Default", json!({ "FixedRate": 1.0 })),
                rule("new", json!({ "Host": "new" })),
            ],
        );
        central.decide(
            at(2),
            0.5,
            &Request {
                host: Some("old"),
                ..Request::default()
            },
        );
        assert_eq!(central.report(at(10))[0].request_count, 2);
    }

    #[test]
    fn after_an_hour_without_news_the_local_rules_hold() {
        let mut central = central(vec![rule("Default", json!({ "FixedRate": 1.0 }))]);
        let request = Request::default();
        assert_eq!(
            rule_of(&mut central, 3600, &request).as_deref(),
            Some("Default")
        );
        let stale = central.decide(at(3601), 0.5, &request);
        assert_eq!((stale.sampled, stale.rule), (false, None));
        central.take_rules(at(3700), vec![rule("Default", json!({}))]);
        assert_eq!(
            rule_of(&mut central, 3701, &request).as_deref(),
            Some("Default")
        );
    }
}
