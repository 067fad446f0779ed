//! A timeline as text: the tree on the left, how long each part took, and when, as bars on the right.

mod analysis;
mod branch;
mod map;
mod scale;

use std::cmp::min;

use serde_json::Value;

use super::paint::{Ink, Palette, columns, duration, fit, harmless};
use crate::Status;
use crate::clock::utc;
use crate::timeline::{Row, Timeline};
pub use analysis::Analysis;
use branch::{Branch, DEPTH, branches};
use scale::{bar, marks};

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
        let depths = timeline.rows.iter().map(|it| it.depth);
        for (row, branch) in timeline.rows.iter().zip(branches(depths)) {
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
        let marks = marks(timeline.duration, columns.bars);
        self.palette.put(&mut line, Ink::Faint, &marks);
        line
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

const fn glyph(row: &Row) -> (&'static str, Ink) {
    match (row.status, row.duration) {
        (Status::Ok, None) => ("◌", Ink::Cold),
        (Status::Ok, Some(_)) => ("✓", Ink::Of(row.status)),
        (Status::Error, _) => ("!", Ink::Of(row.status)),
        (Status::Throttle, _) => ("◆", Ink::Of(row.status)),
        (Status::Fault, _) => ("✗", Ink::Of(row.status)),
    }
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

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
