//! Time as columns: the bars, and the marks above them.

use std::cmp::min;

use crate::cli::paint::{columns, duration};
use crate::timeline::{Row, Timeline};

/// Columns between two times of the axis, at least.
const TICK: usize = 7;

/// The marks of a scale of `seconds` over so many columns.
pub(super) fn marks(seconds: f64, room: usize) -> String {
    let mut line = String::new();
    for time in ticks(seconds, room / TICK) {
        let label = tick(time);
        let last = room.saturating_sub(columns(&label));
        let gap = min(share(time, seconds, room), last).checked_sub(columns(&line));
        if let Some(gap) = gap.filter(|gap| *gap > 0 || line.is_empty()) {
            line.push_str(&" ".repeat(gap));
            line.push_str(&label);
        }
    }
    line
}

/// Times at round distances from 0 on, at most `most` distances.
fn ticks(duration: f64, most: usize) -> impl Iterator<Item = f64> {
    let rough = duration / as_f64(most.max(1));
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|it| it * power);
    let step = steps.into_iter().find(|it| *it >= rough);
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

/// A bar in half columns: the spaces before it, and itself; never nothing.
pub(super) fn bar(timeline: &Timeline, row: &Row, room: usize) -> (String, String) {
    let halves = |seconds: f64| share(seconds, timeline.duration, 2 * room);
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

/// The part of `room` that `seconds` are of `whole`.
pub(super) fn share(seconds: f64, whole: f64, room: usize) -> usize {
    let share = if whole > 0.0 { seconds / whole } else { 0.0 };
    to_usize(share.clamp(0.0, 1.0) * as_f64(room))
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
