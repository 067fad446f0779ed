//! The constraints of the API's model: lengths in characters, ranges of numbers.

use std::fmt::Display;
use std::ops::RangeInclusive;

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
