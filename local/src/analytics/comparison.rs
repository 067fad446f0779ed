//! The answer of `GetAnalytics`: both sets over the same edges, and their values by how often they are there.

use std::collections::BTreeSet;

use serde::Serialize;

use super::tally::{Counts, Tally};
use super::times::begin;
use super::{Activity, Survey, as_f64};
use crate::limits;

/// The row of all values that have none of their own.
const OTHER: &str = "(other)";

/// One set of traces, or two.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Comparison {
    a: Set,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<Set>,
    rows: Vec<Row>,
    /// There were more values than rows.
    truncated: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Set {
    count: u64,
    fault: u64,
    error: u64,
    throttle: u64,
    percentiles: Percentiles,
    histogram: Vec<Bucket>,
    activity: Vec<Moment>,
}

/// Seconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Percentiles {
    p50: f64,
    p90: f64,
    p95: f64,
    p99: f64,
}

/// Seconds from and to before.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Bucket {
    from: f64,
    to: f64,
    count: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Moment {
    /// Epoch seconds.
    time: f64,
    count: u64,
    fault: u64,
    error: u64,
    throttle: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    value: String,
    a: Part,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<Part>,
    /// How much larger its share of A is than that of B.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<f64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    count: u64,
    /// Of all traces of the set, 0 to 1.
    share: f64,
    p50: f64,
    p95: f64,
    fault_rate: f64,
}

impl Comparison {
    /// Lays one set out, or two over each other, in as many buckets at most.
    pub(crate) fn new(a: &Survey, b: Option<&Survey>, buckets: usize) -> Self {
        let edges = edges(a, b, buckets);
        let (rows, truncated) = rows(a, b);
        Self {
            a: Set::new(a, &edges),
            b: b.map(|it| Set::new(it, &edges)),
            rows,
            truncated,
        }
    }
}

/// Steps at which buckets begin, and the last one's end; each has the same number of steps, so that they widen evenly.
fn edges(a: &Survey, b: Option<&Survey>, buckets: usize) -> Vec<usize> {
    let both = [Some(a), b];
    let ends = both.iter().flatten().filter_map(|it| it.all.times.ends());
    let Some((first, last)) = ends.reduce(|(a, b), (c, d)| (a.min(c), b.max(d))) else {
        return Vec::new();
    };
    let width = (last + 1 - first).div_ceil(buckets.max(1)).max(1);
    let count = (last + 1 - first).div_ceil(width);
    (0..=count).map(|it| first + it * width).collect()
}

impl Set {
    fn new(survey: &Survey, edges: &[usize]) -> Self {
        let Counts {
            total,
            fault,
            error,
            throttle,
        } = survey.all.counts;
        let times = &survey.all.times;
        let bucket = |(from, to): (&usize, &usize)| Bucket {
            from: begin(*from),
            to: begin(*to),
            count: times.between(*from, *to),
        };
        Self {
            count: total,
            fault,
            error,
            throttle,
            percentiles: Percentiles {
                p50: times.percentile(0.5),
                p90: times.percentile(0.9),
                p95: times.percentile(0.95),
                p99: times.percentile(0.99),
            },
            histogram: edges.iter().zip(edges.iter().skip(1)).map(bucket).collect(),
            activity: survey.activity.moments(),
        }
    }
}

impl Activity {
    fn moments(&self) -> Vec<Moment> {
        let moment = |(place, counts): (usize, &Counts)| Moment {
            time: self.from + as_f64(place) * self.span,
            count: counts.total,
            fault: counts.fault,
            error: counts.error,
            throttle: counts.throttle,
        };
        self.counts.iter().enumerate().map(moment).collect()
    }
}

/// The most frequent values, and all others together; whether there are such.
fn rows(a: &Survey, b: Option<&Survey>) -> (Vec<Row>, bool) {
    let of_b = |value: &str| b.and_then(|it| it.values.get(value));
    let values: BTreeSet<&String> = (a.values.keys())
        .chain(b.into_iter().flat_map(|it| it.values.keys()))
        .collect();
    let mut values: Vec<_> = (values.into_iter())
        .map(|it| (it.as_str(), a.values.get(it), of_b(it)))
        .collect();
    let count = |tally: Option<&Tally>| tally.map_or(0, |it| it.counts.total);
    values.sort_by_key(|(_, a, b)| std::cmp::Reverse(count(*a) + count(*b)));
    let rest = values.split_off(values.len().min(limits::ANALYSED_ROWS));
    let empty = Tally::default();
    let row = |value: &str, in_a: Option<&Tally>, in_b: Option<&Tally>| {
        let in_a = Part::new(in_a.unwrap_or(&empty), a);
        let in_b = b.map(|b| Part::new(in_b.unwrap_or(&empty), b));
        Row {
            value: value.to_owned(),
            difference: in_b.as_ref().map(|it| in_a.share - it.share),
            a: in_a,
            b: in_b,
        }
    };
    let mut rows: Vec<_> = values.into_iter().map(|(it, a, b)| row(it, a, b)).collect();
    let (mut other_a, mut other_b) = (a.other.clone(), b.map(|it| it.other.clone()));
    for (_, a, b) in rest {
        a.inspect(|it| other_a.merge(it));
        if let (Some(sum), Some(more)) = (&mut other_b, b) {
            sum.merge(more);
        }
    }
    let truncated = count(Some(&other_a)) + count(other_b.as_ref()) > 0;
    if truncated {
        rows.push(row(OTHER, Some(&other_a), other_b.as_ref()));
    }
    (rows, truncated)
}

impl Part {
    fn new(tally: &Tally, of: &Survey) -> Self {
        let Counts { total, fault, .. } = tally.counts;
        Self {
            count: total,
            // A trace may have several of the values that are told together.
            share: ratio(total, of.all.counts.total).min(1.0),
            p50: tally.times.percentile(0.5),
            p95: tally.times.percentile(0.95),
            fault_rate: ratio(fault, total),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for shares")]
fn ratio(part: u64, of: u64) -> f64 {
    part as f64 / of.max(1) as f64
}
