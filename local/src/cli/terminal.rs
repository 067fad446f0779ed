//! What the output is: its width, and whether colours help there.

use std::io::{IsTerminal, stdout};

use super::Lookup;
use super::arguments::{Color, Look};
use super::paint::Palette;

/// Characters in a line where nobody says how many.
const WIDTH: usize = 100;

pub(super) fn width(look: &Look, lookup: Lookup<'_>) -> usize {
    look.width
        .or_else(|| lookup("COLUMNS")?.parse().ok())
        .or_else(|| {
            let size = rustix::termios::tcgetwinsize(stdout()).ok()?;
            Some(usize::from(size.ws_col)).filter(|it| *it > 0)
        })
        .unwrap_or(WIDTH)
}

pub(super) fn palette(look: &Look, lookup: Lookup<'_>) -> Palette {
    let is_wanted = || {
        let forbidden = lookup("NO_COLOR").is_some_and(|it| !it.is_empty());
        stdout().is_terminal() && !forbidden && lookup("TERM").as_deref() != Some("dumb")
    };
    match look.color {
        Color::Always => Palette::Colour,
        Color::Auto if is_wanted() => Palette::Colour,
        Color::Auto | Color::Never => Palette::Plain,
    }
}
