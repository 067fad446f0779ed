//! The constraints of the API's model: lengths in characters, ranges of numbers.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::refusal::Refusal;

/// Refuses a text with fewer or more characters.
pub(crate) fn chars(name: &str, text: &str, range: RangeInclusive<usize>) -> Result<(), Refusal> {
    let count = text.chars().count();
    if range.contains(&count) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    Err(Refusal::Invalid(format!(
        "{name} has {count} characters; it may have {least} to {most}"
    )))
}

/// Refuses a number outside of the range.
pub(crate) fn range<N: PartialOrd + Display>(
    name: &str,
    number: &N,
    range: RangeInclusive<N>,
) -> Result<(), Refusal> {
    if range.contains(number) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    Err(Refusal::Invalid(format!(
        "{name} is {number}; it may be {least} to {most}"
    )))
}

/// Refuses more than `most` of something.
pub(crate) fn count(name: &str, count: usize, most: usize) -> Result<(), Refusal> {
    if count <= most {
        return Ok(());
    }
    Err(Refusal::Invalid(format!(
        "{name} has {count} elements; it may have {most}"
    )))
}

/// Refuses a range of time, in epoch seconds, that is longer.
pub(crate) fn span(from: f64, to: f64, most: Option<Duration>) -> Result<(), Refusal> {
    match most {
        Some(most) if to - from > most.as_secs_f64() => {
            let hours = most.as_secs() / 3600;
            let text = format!("Time range cannot be longer than {hours} hours");
            Err(Refusal::Invalid(text))
        }
        _ => Ok(()),
    }
}
