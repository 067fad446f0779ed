//! A service map as text: the tree of calls on the left, then how many, how well and how fast, and the times as bars.

use std::cmp::min;
use std::fmt::Write;

use super::branch::{Branch, DEPTH, branches};
use super::{Canvas, push_line};
use crate::Status;
use crate::cli::paint::{Ink, columns, duration, fit, harmless};
use crate::map::{Map, Role, Row};

/// Columns of a number of requests.
const COUNT: usize = 9;
/// Columns of a share.
const SHARE: usize = 8;
/// Columns of a time.
const TIME: usize = 11;
/// Columns of all numbers, and of the gap behind them.
const NUMBERS: usize = COUNT + SHARE + TIME + 2;
/// Columns of the widest bar, and of the narrowest that is worth drawing.
const BARS: std::ops::RangeInclusive<usize> = 6..=32;

impl Canvas {
    /// Draws a map, each line ended.
    pub fn map(self, map: &Map) -> String {
        let width = self.width.max(Self::LEAST);
        let tree = tree_columns(map, width);
        let mut text = String::new();
        push_line(&mut text, &self.map_title(map));
        push_line(&mut text, "");
        push_line(&mut text, &self.map_heading(tree));
        let averages = map.rows.iter().filter_map(|it| it.requests.average());
        let longest = averages.fold(0.0, f64::max);
        let bars = min(width.saturating_sub(tree + NUMBERS), *BARS.end());
        let bars = if BARS.contains(&bars) { bars } else { 0 };
        let depths = map.rows.iter().map(|it| it.depth);
        for (row, branch) in map.rows.iter().zip(branches(depths)) {
            let mut line = self.service(row, &branch, tree);
            self.numbers(&mut line, row);
            let average = row.requests.average().unwrap_or_default();
            let halves = super::scale::share(average, longest, 2 * bars);
            self.palette.put(&mut line, ink(row), &bar(halves));
            push_line(&mut text, &line);
        }
        text
    }

    fn map_title(self, map: &Map) -> String {
        let mut line = String::new();
        self.palette.put(&mut line, Ink::Strong, "Service map");
        let plural = if map.services == 1 { "" } else { "s" };
        let _ = write!(line, "  {} service{plural}", map.services);
        line
    }

    fn map_heading(self, tree: usize) -> String {
        let mut line = String::new();
        let heading = format!(
            "{:<tree$}{:>COUNT$}{:>SHARE$}{:>TIME$}",
            "SERVICE", "REQUESTS", "FAILED", "AVERAGE"
        );
        self.palette.put(&mut line, Ink::Faint, &heading);
        line
    }

    fn service(self, row: &Row, branch: &Branch, tree: usize) -> String {
        let mut line = String::new();
        self.palette.put(&mut line, Ink::Faint, &branch.before);
        self.palette.put(&mut line, ink(row), glyph(row));
        line.push(' ');
        let room = tree.saturating_sub(columns(&branch.before) + 2);
        let name = fit(&harmless(&row.name), room);
        let name_ink = match row.role {
            Role::Service => Ink::Strong,
            Role::Clients | Role::Again => Ink::Faint,
        };
        self.palette.put(&mut line, name_ink, &name);
        let mut used = columns(&name);
        let kind = row.kind.as_deref().map(harmless);
        let kind = kind.filter(|it| used + 1 + columns(it) <= room);
        if let Some(kind) = kind {
            line.push(' ');
            self.palette.put(&mut line, Ink::Faint, &kind);
            used += 1 + columns(&kind);
        }
        line.push_str(&" ".repeat(room.saturating_sub(used)));
        line
    }

    fn numbers(self, line: &mut String, row: &Row) {
        let requests = &row.requests;
        let _ = write!(line, "{:>COUNT$}", requests.total);
        let failed = share(requests.failed());
        let failed = format!("{failed:>SHARE$}");
        let failed_ink = match requests.worst() {
            Status::Ok => Ink::Faint,
            status => Ink::Of(status),
        };
        self.palette.put(line, failed_ink, &failed);
        let average = requests.average().map_or_else(|| "–".to_owned(), duration);
        let _ = write!(line, "{average:>TIME$}  ");
    }
}

/// The tree takes what it needs and leaves the numbers their room.
fn tree_columns(map: &Map, width: usize) -> usize {
    let wanted = map.rows.iter().map(|row| {
        let kind = row.kind.as_ref().map_or(0, |it| columns(it) + 1);
        2 * min(row.depth, DEPTH) + 2 + columns(&row.name) + kind
    });
    let most = width.saturating_sub(NUMBERS - 2).max(10);
    wanted.max().unwrap_or(0).clamp(10, most)
}

const fn glyph(row: &Row) -> &'static str {
    match (row.role, row.requests.worst()) {
        (Role::Clients, _) => "●",
        (Role::Again, _) => "↑",
        (Role::Service, Status::Ok) if row.requests.total == 0 => "◌",
        (Role::Service, Status::Ok) => "✓",
        (Role::Service, Status::Error) => "!",
        (Role::Service, Status::Throttle) => "◆",
        (Role::Service, Status::Fault) => "✗",
    }
}

const fn ink(row: &Row) -> Ink {
    match (row.role, row.requests.worst()) {
        (Role::Clients, _) => Ink::Faint,
        (_, Status::Ok) if row.requests.total == 0 => Ink::Cold,
        (_, status) => Ink::Of(status),
    }
}

/// A share in hundredths; what is little is not shown as nothing.
fn share(share: f64) -> String {
    let percent = share * 100.0;
    if percent <= 0.0 {
        "0 %".to_owned()
    } else if percent < 0.1 {
        "<0.1 %".to_owned()
    } else if percent < 9.95 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

fn bar(halves: usize) -> String {
    let mut bar = "━".repeat(halves / 2);
    if halves % 2 == 1 {
        bar.push('╸');
    }
    bar
}
