//! Text for a terminal: colours by meaning, widths by what is seen, and nothing from a trace that a terminal would obey.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::Status;

/// Whether a drawing may contain colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// Text only.
    Plain,
    /// With ANSI escape sequences.
    Colour,
}

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// As the terminal writes.
    Normal,
    /// A title.
    Strong,
    /// Beside the point.
    Faint,
    /// A cold start.
    Cold,
    /// How something went.
    Of(Status),
}

impl Palette {
    /// Appends text in its ink. The colours are those of X-Ray's map: green, yellow, red, purple.
    pub(super) fn put(self, line: &mut String, ink: Ink, text: &str) {
        let code = match ink {
            Ink::Normal => "",
            Ink::Strong => "1",
            Ink::Faint => "2",
            Ink::Cold => "36",
            Ink::Of(Status::Ok) => "32",
            Ink::Of(Status::Error) => "33",
            Ink::Of(Status::Fault) => "31",
            Ink::Of(Status::Throttle) => "35",
        };
        match self {
            Self::Colour if !code.is_empty() && !text.is_empty() => {
                let _ = write!(line, "\x1b[{code}m{text}\x1b[0m");
            }
            Self::Colour | Self::Plain => line.push_str(text),
        }
    }
}

/// The text without what a terminal would act on (control characters, changes of writing direction), in one line.
pub(super) fn harmless(text: &str) -> String {
    text.chars()
        .map(|it| match it {
            '\n' | '\t' => ' ',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
                '\u{fffd}'
            }
            _ if it.is_control() => '\u{fffd}',
            _ => it,
        })
        .collect()
}

/// Columns the text takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// The text in at most so many columns; what is cut is marked.
pub(super) fn fit(text: &str, limit: usize) -> String {
    if columns(text) <= limit {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut left = limit.saturating_sub(1);
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        if width > left {
            break;
        }
        left -= width;
        short.push(character);
    }
    if limit > 0 {
        short.push('…');
    }
    short
}

/// Seconds in the unit that suits them, with three digits that matter.
pub(super) fn duration(seconds: f64) -> String {
    let millis = seconds * 1000.0;
    if millis < 0.0005 {
        "0 ms".to_owned()
    } else if millis < 9.995 {
        format!("{millis:.2} ms")
    } else if millis < 99.95 {
        format!("{millis:.1} ms")
    } else if millis < 999.5 {
        format!("{millis:.0} ms")
    } else if seconds < 59.995 {
        format!("{seconds:.2} s")
    } else {
        let whole = std::time::Duration::try_from_secs_f64(seconds.round()).unwrap_or_default();
        let (minutes, rest) = (whole.as_secs() / 60, whole.as_secs() % 60);
        format!("{minutes} min {rest:02} s")
    }
}

/// Hours, minutes and seconds of a time since 1970.
pub(super) fn time_of_day(epoch: f64) -> String {
    let seconds = std::time::Duration::try_from_secs_f64(epoch)
        .unwrap_or_default()
        .as_secs();
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        for (seconds, text) in [
            (0.0, "0 ms"),
            (0.000_42, "0.42 ms"),
            (0.012_34, "12.3 ms"),
            (0.412_4, "412 ms"),
            (1.5, "1.50 s"),
            (125.2, "2 min 05 s"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn a_trace_cannot_steer_the_terminal() {
        assert_eq!(
            harmless("a\x1b[2Jb\u{202e}\nc\u{9b}"),
            "a\u{fffd}[2Jb\u{fffd} c\u{fffd}"
        );
    }

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("abc", 0), "");
    }

    #[test]
    fn the_time_of_day_is_read_from_the_epoch() {
        assert_eq!(time_of_day(1_480_615_200.9), "18:00:00");
        assert_eq!(time_of_day(f64::NAN), "00:00:00");
    }
}
