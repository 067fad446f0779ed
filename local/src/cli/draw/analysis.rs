//! Response times of many traces as text: how many, how they are distributed, and what sets the slow and failed ones apart.

use std::fmt::Write;

use serde::Deserialize;

use super::Canvas;
use crate::Status;
use crate::cli::paint::{Ink, columns, duration, fit, harmless};

/// What `GetAnalytics` answers.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Analysis {
    a: Set,
    b: Option<Set>,
    rows: Vec<Row>,
    truncated: bool,
}

/// One set of traces.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Set {
    count: u64,
    fault: u64,
    error: u64,
    throttle: u64,
    percentiles: Percentiles,
    histogram: Vec<Bucket>,
}

/// Seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Percentiles {
    p50: f64,
    p90: f64,
    p95: f64,
    p99: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Bucket {
    from: f64,
    to: f64,
    count: u64,
}

/// What the traces of one value have in common.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Row {
    value: String,
    a: Part,
    b: Option<Part>,
    difference: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Part {
    count: u64,
    share: f64,
    p50: f64,
    p95: f64,
    fault_rate: f64,
}

/// Columns of the two edges of a bucket.
const EDGES: usize = 23;
/// Columns of the numbers of a row, of one set and of two.
const NUMBERS: (usize, usize) = (48, 78);

impl Canvas {
    /// Draws an analysis, each line ended; `by` names what the rows are grouped by.
    pub fn analysis(self, analysis: &Analysis, by: Option<&str>) -> String {
        let mut text = String::new();
        let sets = [("A", Some(&analysis.a)), ("B", analysis.b.as_ref())];
        let present = sets.iter().filter_map(|(name, set)| Some((*name, (*set)?)));
        for (name, set) in present {
            let name = if analysis.b.is_some() { name } else { "" };
            self.sum(&mut text, name, set);
        }
        if analysis.a.count + analysis.b.as_ref().map_or(0, |b| b.count) == 0 {
            return text;
        }
        text.push('\n');
        self.histogram(&mut text, analysis);
        if let Some(by) = by.filter(|_| !analysis.rows.is_empty()) {
            text.push('\n');
            self.rows(&mut text, analysis, by);
        }
        text
    }

    fn sum(self, text: &mut String, name: &str, set: &Set) {
        if !name.is_empty() {
            self.palette.put(text, Ink::Strong, &format!("{name}  "));
        }
        let noun = if set.count == 1 { "trace" } else { "traces" };
        self.palette
            .put(text, Ink::Strong, &format!("{} {noun}", set.count));
        for (count, status) in [
            (set.fault, Status::Fault),
            (set.error, Status::Error),
            (set.throttle, Status::Throttle),
        ] {
            let part = format!("  {} {}", percent(ratio(count, set.count)), status.name());
            let ink = if count == 0 {
                Ink::Faint
            } else {
                Ink::Of(status)
            };
            self.palette.put(text, ink, &part);
        }
        let Percentiles { p50, p90, p95, p99 } = set.percentiles;
        for (name, seconds) in [("p50", p50), ("p90", p90), ("p95", p95), ("p99", p99)] {
            self.palette.put(text, Ink::Faint, &format!("  {name} "));
            text.push_str(&duration(seconds));
        }
        text.push('\n');
    }

    /// Bars of each bucket that somebody is in, and those between; of two sets beside each other, each by its own largest.
    fn histogram(self, text: &mut String, analysis: &Analysis) {
        let sets: Vec<&Set> = std::iter::once(&analysis.a).chain(&analysis.b).collect();
        let Some((first, last)) = filled(&sets) else {
            return;
        };
        let room = self.width.max(Self::LEAST).saturating_sub(EDGES) / sets.len();
        let bars = room.saturating_sub(9).max(4);
        for (at, bucket) in analysis.a.histogram.iter().enumerate() {
            if !(first..=last).contains(&at) {
                continue;
            }
            let edges = format!(
                "{:>10} – {:>8}  ",
                duration(bucket.from),
                duration(bucket.to)
            );
            self.palette.put(text, Ink::Faint, &edges);
            let mut line = String::new();
            for set in &sets {
                let count = set.histogram.get(at).map_or(0, |it| it.count);
                let most = set.histogram.iter().map(|it| it.count).max();
                let bar = bar(count, most.unwrap_or_default(), bars);
                let _ = write!(line, "{count:>7} {bar}");
                let blank = bars.saturating_sub(columns(&bar)) + 1;
                line.push_str(&" ".repeat(blank));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }

    fn rows(self, text: &mut String, analysis: &Analysis, by: &str) {
        let is_pair = analysis.b.is_some();
        let numbers = if is_pair { NUMBERS.1 } else { NUMBERS.0 };
        let width = self.width.max(Self::LEAST);
        let longest = analysis.rows.iter().map(|it| columns(&harmless(&it.value)));
        let longest = longest.max().unwrap_or(0).max(columns(by)).max(5);
        let room = longest.min(width.saturating_sub(numbers).max(12));
        let head = if is_pair {
            format!(
                "{}{:>8}{:>9}{:>11}{:>11}{:>9}  {:>8}{:>9}{:>11}",
                pad(by, room),
                "A",
                "SHARE",
                "P95",
                "FAULT",
                "CHANGE",
                "B",
                "SHARE",
                "P95"
            )
        } else {
            format!(
                "{}{:>8}{:>9}{:>11}{:>11}{:>9}",
                pad(by, room),
                "TRACES",
                "SHARE",
                "P50",
                "P95",
                "FAULT"
            )
        };
        self.palette.put(text, Ink::Faint, head.trim_end());
        text.push('\n');
        for row in &analysis.rows {
            text.push_str(&pad(&harmless(&row.value), room));
            self.shares(text, row);
            text.push('\n');
        }
        if analysis.truncated {
            let note = "there are more values; --filter narrows them\n";
            self.palette.put(text, Ink::Faint, note);
        }
    }

    fn shares(self, text: &mut String, row: &Row) {
        let a = &row.a;
        let _ = write!(text, "{:>8}{:>9}", a.count, percent(a.share));
        if row.b.is_none() {
            let _ = write!(text, "{:>11}", duration(a.p50));
        }
        let _ = write!(text, "{:>11}", duration(a.p95));
        let ink = if a.fault_rate > 0.0 {
            Ink::Of(Status::Fault)
        } else {
            Ink::Faint
        };
        let Some(b) = &row.b else {
            self.palette
                .put(text, ink, &format!("{:>9}", percent(a.fault_rate)));
            return;
        };
        self.palette
            .put(text, ink, &format!("{:>11}", percent(a.fault_rate)));
        let change = row.difference.unwrap_or_default() * 100.0;
        let _ = write!(text, "{change:>+8.1}%");
        let (count, share, p95) = (b.count, percent(b.share), duration(b.p95));
        let rest = format!("  {count:>8}{share:>9}{p95:>11}");
        self.palette.put(text, Ink::Faint, &rest);
    }
}

/// The first and the last bucket that is not empty in every set.
fn filled(sets: &[&Set]) -> Option<(usize, usize)> {
    let is_filled = |(at, bucket): (usize, &Bucket)| (bucket.count > 0).then_some(at);
    let all = || {
        sets.iter()
            .flat_map(move |set| set.histogram.iter().enumerate().filter_map(is_filled))
    };
    Some((all().min()?, all().max()?))
}

/// Eighths of a column, so that small differences are seen too. What is not nothing is seen.
fn bar(count: u64, most: u64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if count == 0 || most == 0 {
        return String::new();
    }
    let width = u64::try_from(width).unwrap_or(u64::MAX);
    let eighths = (count.saturating_mul(width).saturating_mul(8) / most).max(1);
    let whole = usize::try_from(eighths / 8).unwrap_or(0);
    let rest = usize::try_from(eighths % 8).unwrap_or(0);
    format!(
        "{}{}",
        "█".repeat(whole),
        EIGHTHS.get(rest).copied().unwrap_or_default()
    )
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than a float has"
)]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent >= 99.95 {
        format!("{percent:.0}%")
    } else {
        format!("{percent:.1}%")
    }
}

fn pad(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let blank = width.saturating_sub(columns(&text));
    text + &" ".repeat(blank)
}
