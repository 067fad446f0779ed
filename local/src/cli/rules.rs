//! `xray-local rules`: the sampling rules in the order in which they are tried, and how often each was used in the last hour.

use std::collections::BTreeMap;
use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::arguments::Rules;
use super::client::Client;
use super::paint::{Ink, Palette, columns, fit, harmless, time_of_day};
use super::{CliError, Lookup, terminal};

/// Pages of statistics that are read; an X-Ray that has more does not end.
const PAGES: usize = 1000;

/// What was reported of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    requests: u64,
    sampled: u64,
    borrowed: u64,
}

pub(super) async fn rules(options: &Rules, lookup: Lookup<'_>) -> Result<(), CliError> {
    let mut client = Client::connect(&options.endpoint, lookup).await?;
    let rules = all(&mut client, "/GetSamplingRules", "SamplingRuleRecords").await?;
    let path = "/SamplingStatisticSummaries";
    let counts = sum(&all(&mut client, path, "SamplingStatisticSummaries").await?);
    let mut out = stdout().lock();
    if options.look.json {
        let rules = rules.into_iter().map(|it| with_counts(it, &counts));
        writeln!(out, "{:#}", rules.collect::<Value>())?;
    } else {
        let palette = terminal::palette(&options.look, lookup);
        let width = terminal::width(&options.look, lookup);
        out.write_all(list(&rules, &counts, width, palette).as_bytes())?;
    }
    Ok(out.flush()?)
}

/// Every page of a list.
async fn all(client: &mut Client, path: &str, key: &str) -> Result<Vec<Value>, CliError> {
    let (mut all, mut input) = (Vec::new(), json!({}));
    for _ in 0..PAGES {
        let mut page = client.call(path, &input).await?;
        if let Some(Value::Array(found)) = page.get_mut(key).map(Value::take) {
            all.extend(found);
        }
        match page.get("NextToken").and_then(Value::as_str) {
            Some(token) => input = json!({ "NextToken": token }),
            None => break,
        }
    }
    Ok(all)
}

fn sum(summaries: &[Value]) -> BTreeMap<String, Counts> {
    let mut sums: BTreeMap<String, Counts> = BTreeMap::new();
    for summary in summaries {
        let number = |key: &str| summary.get(key).and_then(Value::as_u64).unwrap_or_default();
        let sum = sums.entry(text(summary, "RuleName")).or_default();
        sum.requests = sum.requests.saturating_add(number("RequestCount"));
        sum.sampled = sum.sampled.saturating_add(number("SampledCount"));
        sum.borrowed = sum.borrowed.saturating_add(number("BorrowCount"));
    }
    sums
}

fn text(value: &Value, key: &str) -> String {
    let text = value.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn rule_of(record: &Value) -> &Value {
    record.get("SamplingRule").unwrap_or(&Value::Null)
}

fn counts_of(rule: &Value, counts: &BTreeMap<String, Counts>) -> Counts {
    let name = text(rule, "RuleName");
    counts.get(&name).copied().unwrap_or_default()
}

/// The record as it came, and its counts in the words of the API.
fn with_counts(mut record: Value, counts: &BTreeMap<String, Counts>) -> Value {
    let counts = counts_of(rule_of(&record), counts);
    let counts = json!({
        "RequestCount": counts.requests,
        "SampledCount": counts.sampled,
        "BorrowCount": counts.borrowed,
    });
    if let Some(fields) = record.as_object_mut() {
        fields.insert("Statistics".to_owned(), counts);
    }
    record
}

fn list(
    records: &[Value],
    counts: &BTreeMap<String, Counts>,
    width: usize,
    palette: Palette,
) -> String {
    let names = records.iter().map(|it| columns(&name_of(rule_of(it))));
    let longest = names.max().unwrap_or(0).max(4);
    let mut text = String::new();
    let title = format!(
        "{:>8}  {}  {:>7}  {:>9}  {:>8}  {:>7}  {:>8}  FOR\n",
        "PRIORITY",
        pad("NAME", longest),
        "RATE",
        "RESERVOIR",
        "REQUESTS",
        "SAMPLED",
        "BORROWED"
    );
    palette.put(&mut text, Ink::Faint, &title);
    for record in records {
        let rule = rule_of(record);
        let used = counts_of(rule, counts);
        let is_used = used.requests > 0;
        let ink = if is_used { Ink::Strong } else { Ink::Normal };
        let priority = format!("{:>8}  ", number(rule, "Priority"));
        palette.put(&mut text, Ink::Faint, &priority);
        palette.put(&mut text, ink, &pad(&name_of(rule), longest));
        text.push_str(&numbers(rule, used));
        let room = width.saturating_sub(longest + 63).max(10);
        let mut requests = requests(rule);
        if let Some(until) = record.get("Until").and_then(Value::as_f64) {
            requests = format!("{requests} until {} UTC", time_of_day(until));
        }
        palette.put(&mut text, Ink::Faint, &fit(&requests, room));
        text.push('\n');
    }
    text
}

fn numbers(rule: &Value, used: Counts) -> String {
    format!(
        "  {:>7}  {:>7}/s  {:>8}  {:>7}  {:>8}  ",
        rate(rule),
        number(rule, "ReservoirSize"),
        used.requests,
        used.sampled,
        used.borrowed
    )
}

fn number(rule: &Value, key: &str) -> String {
    rule.get(key).map(Value::to_string).unwrap_or_default()
}

fn name_of(rule: &Value) -> String {
    harmless(&text(rule, "RuleName"))
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// In percent, with as many digits as it has and at most two after the point.
fn rate(rule: &Value) -> String {
    let rate = rule.get("FixedRate").and_then(Value::as_f64);
    let percent = (rate.unwrap_or_default() * 10_000.0).round() / 100.0;
    format!("{percent} %")
}

/// The patterns that say something.
fn requests(rule: &Value) -> String {
    let patterns = [
        ("HTTPMethod", ""),
        ("URLPath", ""),
        ("Host", "host "),
        ("ServiceName", "service "),
        ("ServiceType", "type "),
        ("ResourceARN", "resource "),
    ];
    let mut said: Vec<_> = patterns
        .iter()
        .map(|(key, word)| (text(rule, key), word))
        .filter(|(pattern, _)| pattern != "*")
        .map(|(pattern, word)| format!("{word}{}", harmless(&pattern)))
        .collect();
    let attributes = rule.get("Attributes").and_then(Value::as_object);
    for (key, value) in attributes.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        said.push(harmless(&format!("{key}={value}")));
    }
    if said.is_empty() {
        return "every request".to_owned();
    }
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, more: Value) -> Value {
        let mut rule = json!({
            "RuleName": name, "Priority": 7, "FixedRate": 0.055, "ReservoirSize": 5, "ResourceARN": "*",
            "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*",
        });
        if let (Some(fields), Value::Object(more)) = (rule.as_object_mut(), more) {
            fields.extend(more);
        }
        json!({ "SamplingRule": rule })
    }

    #[test]
    fn a_rule_is_a_line_with_its_counts() {
        let summary = |requests: u64| json!({ "RuleName": "orders", "RequestCount": requests, "SampledCount": 2, "BorrowCount": 1 });
        let counts = sum(&[summary(10), summary(5)]);
        let get =
            json!({ "HTTPMethod": "GET", "URLPath": "/o\u{1b}*", "Attributes": { "a": "b" } });
        let records = [
            rule("orders", get),
            rule("Default", json!({ "FixedRate": 1.0 })),
        ];
        let expected = "\
PRIORITY  NAME        RATE  RESERVOIR  REQUESTS  SAMPLED  BORROWED  FOR
       7  orders     5.5 %        5/s        15        4         2  GET /o\u{fffd}* a=b
       7  Default    100 %        5/s         0        0         0  every request
";
        assert_eq!(list(&records, &counts, 100, Palette::Plain), expected);
        let json = with_counts(records[0].clone(), &counts);
        assert_eq!(json["Statistics"]["RequestCount"], 15);
    }
}
