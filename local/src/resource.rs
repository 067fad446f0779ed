//! Resources by their ARN, of whichever kind: those that can have tags.

use crate::constraint::chars;
use crate::refusal::Refusal;
use crate::store::Shelf;
use crate::{group, sampling};

/// Refuses an ARN that belongs to nothing.
pub(crate) fn exists(shelf: &Shelf<'_>, arn: &str) -> Result<(), Refusal> {
    chars("ResourceARN", arn, 1..=1011)?;
    if sampling::is_rule(shelf, arn)? || group::all(shelf)?.iter().any(|it| it.arn == arn) {
        return Ok(());
    }
    Err(Refusal::NotFound {
        what: "sampling rule or group",
        name: arn.to_owned(),
    })
}
