//! A timeline as text: the tree on the left, how long each part took, and when, as bars on the right.

use std::cmp::min;

use serde_json::Value;

use super::paint::{Ink, Palette, columns, duration, fit, harmless};
use crate::Status;
use crate::clock::date_from_days;
use crate::timeline::{Row, Timeline};

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Columns of a line, at least [`Canvas::LEAST`] are used.
    pub width: usize,
    /// Whether colours may be used.
    pub palette: Palette,
}

/// The annotation by which X-Ray's users know a cold start (Powertools began it).
const COLD_START: &str = "ColdStart";
/// Columns of a duration.
const TIME: usize = 10;
/// Columns between two times of the axis, at least.
const TICK: usize = 7;
/// Levels of nesting that are indented; deeper ones stay there.
const DEPTH: usize = 24;

impl Canvas {
    /// The narrowest drawing.
    pub const LEAST: usize = 40;

    /// Draws a timeline, each line ended.
    pub fn draw(self, timeline: &Timeline) -> String {
        let columns = Columns::new(self.width.max(Self::LEAST), timeline);
        let mut text = String::new();
        for line in [
            self.title(timeline),
            String::new(),
            self.axis(timeline, columns),
        ] {
            push_line(&mut text, &line);
        }
        for (row, branch) in timeline.rows.iter().zip(branches(&timeline.rows)) {
            push_line(&mut text, &self.row(timeline, row, &branch, columns));
            for line in self.details(row, &branch) {
                push_line(&mut text, &line);
            }
        }
        text
    }

    fn title(self, timeline: &Timeline) -> String {
        let mut line = String::new();
        self.palette.put(&mut line, Ink::Strong, "Trace ");
        self.palette
            .put(&mut line, Ink::Strong, &harmless(&timeline.id));
        line.push_str("  ");
        let status = timeline.worst;
        self.palette.put(&mut line, Ink::Of(status), status.name());
        line.push_str("  ");
        line.push_str(&duration(timeline.duration));
        if timeline.in_progress {
            self.palette.put(&mut line, Ink::Cold, "  in progress");
        }
        let when = format!("  {}", utc(timeline.start));
        self.palette.put(&mut line, Ink::Faint, &when);
        line
    }

    /// Round times above the bars, as many as have room.
    fn axis(self, timeline: &Timeline, columns: Columns) -> String {
        let mut line = " ".repeat(columns.bars_begin());
        let mut filled = 0;
        for time in ticks(timeline.duration, columns.bars / TICK) {
            let label = tick(time);
            let at = to_usize(as_f64(columns.bars) * time / timeline.duration);
            let at = min(at, columns.bars.saturating_sub(self::columns(&label)));
            if at >= filled {
                line.push_str(&" ".repeat(at - filled));
                line.push_str(&label);
                filled = at + self::columns(&label) + 1;
                line.push(' ');
            }
        }
        let mut faint = String::new();
        self.palette.put(&mut faint, Ink::Faint, line.trim_end());
        faint
    }

    fn row(self, timeline: &Timeline, row: &Row, branch: &Branch, columns: Columns) -> String {
        let mut line = String::new();
        self.palette.put(&mut line, Ink::Faint, &branch.before);
        let (glyph, ink) = glyph(row);
        self.palette.put(&mut line, ink, glyph);
        line.push(' ');
        let room = columns
            .tree
            .saturating_sub(self::columns(&branch.before) + 2);
        let used = self.label(&mut line, row, room);
        line.push_str(&" ".repeat(room - min(used, room)));
        let took = row.duration.map_or_else(|| "…".to_owned(), duration);
        line.push_str(&" ".repeat(TIME.saturating_sub(self::columns(&took))));
        line.push_str(&took);
        line.push_str("  ");
        let (before, bar) = bar(timeline, row, columns.bars);
        line.push_str(&before);
        self.palette.put(&mut line, ink, &bar);
        line
    }

    /// Name, kind and marks as far as they fit; the name goes first. Returns the columns used.
    fn label(self, line: &mut String, row: &Row, room: usize) -> usize {
        let name = fit(&harmless(&row.name), room);
        let mut used = columns(&name);
        let ink = if row.is_segment {
            Ink::Strong
        } else {
            Ink::Normal
        };
        self.palette.put(line, ink, &name);
        let mut marks = Vec::new();
        if is_cold(row) {
            marks.push(("cold start".to_owned(), Ink::Cold));
        }
        if let Some(status) = row.http_status {
            marks.push((status.to_string(), Ink::Faint));
        }
        marks.extend(row.kind.iter().map(|kind| (harmless(kind), Ink::Faint)));
        for (mark, ink) in marks {
            if used + 1 + columns(&mark) <= room {
                line.push(' ');
                self.palette.put(line, ink, &mark);
                used += 1 + columns(&mark);
            }
        }
        used
    }

    /// What is said beneath a row: why it failed, and its annotations.
    fn details(self, row: &Row, branch: &Branch) -> Vec<String> {
        let room = self
            .width
            .max(Self::LEAST)
            .saturating_sub(columns(&branch.below) + 2);
        let detail = |ink, text: &str| {
            let mut line = String::new();
            self.palette.put(&mut line, Ink::Faint, &branch.below);
            line.push_str("  ");
            self.palette.put(&mut line, ink, &fit(text, room));
            line
        };
        let causes = row
            .causes
            .iter()
            .map(|cause| detail(Ink::Of(row.status.max(Status::Error)), &harmless(cause)));
        // A cold start is marked beside the name.
        let told = row.annotations.iter().filter(|(key, _)| key != COLD_START);
        let annotations: Vec<_> = told.map(annotation).collect();
        let annotations =
            (!annotations.is_empty()).then(|| detail(Ink::Faint, &annotations.join("  ")));
        causes.chain(annotations).collect()
    }
}

/// How a line is shared out.
#[derive(Clone, Copy)]
struct Columns {
    tree: usize,
    bars: usize,
}

impl Columns {
    /// The tree takes what it needs, at most half of the line.
    fn new(width: usize, timeline: &Timeline) -> Self {
        let wanted = timeline.rows.iter().map(|row| {
            let marks = usize::from(is_cold(row)) * 11 + row.http_status.map_or(0, |_| 4);
            let kind = row.kind.as_ref().map_or(0, |it| columns(it) + 1);
            2 * min(row.depth, DEPTH) + 2 + columns(&row.name) + marks + kind
        });
        let tree = wanted.max().unwrap_or(0).clamp(12, width / 2 - TIME / 2);
        Self {
            tree,
            bars: width - tree - TIME - 2,
        }
    }

    const fn bars_begin(self) -> usize {
        self.tree + TIME + 2
    }
}

/// The lines that lead to a row, and on from it.
struct Branch {
    before: String,
    below: String,
}

/// A row's lines depend on what comes after it, so they are found from the end: an open level is one where a sibling follows.
fn branches(rows: &[Row]) -> Vec<Branch> {
    let mut open = [false; DEPTH + 2];
    let mut branches: Vec<_> = rows
        .iter()
        .rev()
        .scan(0, |next_depth, row| {
            let depth = min(row.depth, DEPTH);
            let has_children = *next_depth > depth;
            *next_depth = depth;
            Some(branch(&mut open, depth, has_children))
        })
        .collect();
    branches.reverse();
    branches
}

fn branch(open: &mut [bool; DEPTH + 2], depth: usize, has_children: bool) -> Branch {
    let line = |is_open: bool| if is_open { "│ " } else { "  " };
    let levels = open.get(1..=depth).unwrap_or_default();
    let above = levels.split_last().map_or(&[][..], |(_, above)| above);
    let stem: String = above.iter().map(|it| line(*it)).collect();
    let (own, on) = match levels.last() {
        Some(true) => ("├ ", "│ "),
        Some(false) => ("└ ", "  "),
        None => ("", ""),
    };
    let below = format!("{stem}{on}{}", line(has_children).trim_end_matches(' '));
    let branch = Branch {
        before: format!("{stem}{own}"),
        below,
    };
    for (level, is_open) in open.iter_mut().enumerate().skip(depth) {
        *is_open = level == depth;
    }
    branch
}

/// Times at round distances from 0 on, at most `most` distances.
fn ticks(duration: f64, most: usize) -> impl Iterator<Item = f64> {
    let rough = duration / as_f64(most.max(1));
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|it| it * power).into_iter();
    let step = step.into_iter().find(|it| *it >= rough);
    let step = step.filter(|it| it.is_normal()).unwrap_or(f64::INFINITY);
    let count = to_usize(duration / step).min(most);
    (0..=count).map(move |it| if it == 0 { 0.0 } else { as_f64(it) * step })
}

fn tick(time: f64) -> String {
    match duration(time).split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!(
                "{} {unit}",
                number.trim_end_matches('0').trim_end_matches('.')
            )
        }
        Some(("0", _)) | None => "0".to_owned(),
        Some((number, unit)) => format!("{number} {unit}"),
    }
}

const fn glyph(row: &Row) -> (&'static str, Ink) {
    match (row.status, row.duration) {
        (Status::Ok, None) => ("◌", Ink::Cold),
        (Status::Ok, Some(_)) => ("✓", Ink::Of(row.status)),
        (Status::Error, _) => ("!", Ink::Of(row.status)),
        (Status::Throttle, _) => ("◆", Ink::Of(row.status)),
        (Status::Fault, _) => ("✗", Ink::Of(row.status)),
    }
}

/// A bar in half columns: the spaces before it, and itself; never nothing.
fn bar(timeline: &Timeline, row: &Row, room: usize) -> (String, String) {
    let halves = |seconds: f64| {
        let share = if timeline.duration > 0.0 {
            seconds / timeline.duration
        } else {
            0.0
        };
        to_usize(share.clamp(0.0, 1.0) * as_f64(2 * room))
    };
    let begin = min(halves(row.offset), 2 * room - 1);
    let rest = timeline.duration - row.offset;
    let end = halves(row.offset + row.duration.unwrap_or(rest)).max(begin + 1);
    let (first, last) = (begin.div_ceil(2), end / 2);
    let mut bar = String::new();
    if begin % 2 == 1 {
        bar.push('╺');
    }
    let whole = if row.duration.is_some() { "━" } else { "┅" };
    bar.push_str(&whole.repeat(last.saturating_sub(first)));
    if end % 2 == 1 && end > begin {
        bar.push('╸');
    }
    (" ".repeat(begin / 2), bar)
}

fn is_cold(row: &Row) -> bool {
    (row.annotations.iter()).any(|(key, value)| key == COLD_START && *value == Value::Bool(true))
}

fn annotation((key, value): &(String, Value)) -> String {
    let value = match value {
        Value::String(text) => harmless(text),
        other => other.to_string(),
    };
    format!("{}={value}", harmless(key))
}

/// Date and time of day in UTC, to the millisecond.
pub(super) fn utc(seconds: f64) -> String {
    let millis = to_usize((seconds * 1000.0).max(0.0).round());
    let (whole, millis) = (millis / 1000, millis % 1000);
    let (days, of_day) = (whole / 86_400, whole % 86_400);
    let (year, month, day) = date_from_days(i64::try_from(days).unwrap_or_default());
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{millis:03} UTC")
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

#[expect(clippy::cast_precision_loss, reason = "columns of a screen")]
const fn as_f64(columns: usize) -> f64 {
    columns as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounds down and saturates, as wanted"
)]
const fn to_usize(number: f64) -> usize {
    number as usize
}
