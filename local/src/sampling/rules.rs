//! The rules that are there: made, changed, deleted, and listed in the order in which clients try them.

use serde::{Deserialize, Serialize};
use xray_segment::sampling::{DEFAULT_RULE, Rule};

use super::{Raise, Record, Update};
use crate::arn::Named;
use crate::limits;
use crate::refusal::Refusal;
use crate::store::{Kept, Shelf, StoreError};
use crate::tag::{self, Tag};

/// When rules last changed, epoch seconds. Deleting one is a change that no rule remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct LastChange(f64);

impl Kept for LastChange {
    const KIND: &'static str = "last change of sampling rules";
}

/// All rules that hold at `now`, by priority, the built-in one last.
pub(crate) fn all(shelf: &Shelf<'_>, now: f64) -> Result<Vec<Record>, StoreError> {
    let mut all: Vec<Record> = shelf.all()?;
    all.retain(|it| !it.is_over(now));
    if !all.iter().any(|it| it.sampling_rule.is_default()) {
        all.push(Record::built_in());
    }
    // Rules of one priority stay by name.
    all.sort_by_key(|it| (it.sampling_rule.is_default(), it.sampling_rule.priority));
    Ok(all)
}

/// Whether a rule has this ARN.
pub(crate) fn is_rule(shelf: &Shelf<'_>, arn: &str) -> Result<bool, StoreError> {
    let kept: Vec<Record> = shelf.all()?;
    Ok(kept.iter().any(|it| it.arn() == arn) || Record::built_in().arn() == arn)
}

/// When a rule was last made, changed or deleted; 0 when none ever was.
///
/// Truly that: SDKs fetch the rules anew whenever this is later than their last look. A rule whose time is over has changed by that.
pub(crate) fn last_change(shelf: &Shelf<'_>, now: f64) -> Result<f64, StoreError> {
    let changed = shelf.get("")?.map_or(0.0, |LastChange(at)| at);
    let kept: Vec<Record> = shelf.all()?;
    let ended = kept.iter().filter(|it| it.is_over(now));
    Ok(ended.filter_map(|it| it.until).fold(changed, f64::max))
}

/// Makes a rule.
pub(crate) fn create(
    shelf: &Shelf<'_>,
    rule: Rule,
    tags: Vec<Tag>,
    now: f64,
) -> Result<Record, Refusal> {
    add(shelf, Record::new(rule, now)?, tags, now)
}

/// Makes a rule that comes before others and is gone after `seconds`: "all of this path for ten minutes".
pub(crate) fn raise(shelf: &Shelf<'_>, raise: Raise, now: f64) -> Result<Record, Refusal> {
    let until = now + f64::from(raise.seconds()?);
    let unique = shelf.unique()?.to_ascii_lowercase();
    let name = format!("raised-{}", unique.get(..8).unwrap_or(&unique));
    let record = Record {
        until: Some(until),
        ..Record::new(raise.rule(name), now)?
    };
    add(shelf, record, Vec::new(), now)
}

fn add(shelf: &Shelf<'_>, record: Record, tags: Vec<Tag>, now: f64) -> Result<Record, Refusal> {
    sweep(shelf, now)?;
    let present = all(shelf, now)?;
    if present.iter().any(|it| it.name() == record.name()) {
        let text = format!(
            "there is a rule {:?}; update that, or choose another name",
            record.name()
        );
        return Err(Refusal::Invalid(text));
    }
    if present.len() > limits::SAMPLING_RULES {
        return Err(Refusal::RuleLimitExceeded);
    }
    keep(shelf, &record, now)?;
    tag::add(shelf, record.arn(), tags)?;
    Ok(record)
}

/// Changes a rule.
pub(crate) fn update(shelf: &Shelf<'_>, mut update: Update, now: f64) -> Result<Record, Refusal> {
    let named = Named::one("Rule", update.rule_name.take(), update.rule_arn.take())?;
    let found = find(shelf, &named, now)?;
    let record = Record {
        sampling_rule: update.apply(&found.sampling_rule)?,
        modified_at: now,
        ..found
    };
    keep(shelf, &record, now)?;
    Ok(record)
}

/// Deletes a rule and gives it back once more.
pub(crate) fn delete(shelf: &Shelf<'_>, named: &Named, now: f64) -> Result<Record, Refusal> {
    let record = find(shelf, named, now)?;
    if record.name() == DEFAULT_RULE {
        return Err(Refusal::invalid("the rule Default cannot be deleted"));
    }
    shelf.remove::<Record>(record.name())?;
    shelf.keep("", &LastChange(now))?;
    tag::forget(shelf, record.arn())?;
    Ok(record)
}

fn keep(shelf: &Shelf<'_>, record: &Record, now: f64) -> Result<(), StoreError> {
    shelf.keep(record.name(), record)?;
    shelf.keep("", &LastChange(now))
}

/// Takes away what is over, when the rules change anyway.
fn sweep(shelf: &Shelf<'_>, now: f64) -> Result<(), StoreError> {
    let kept: Vec<Record> = shelf.all()?;
    for over in kept.iter().filter(|it| it.is_over(now)) {
        shelf.remove::<Record>(over.name())?;
        tag::forget(shelf, over.arn())?;
    }
    Ok(())
}

fn find(shelf: &Shelf<'_>, named: &Named, now: f64) -> Result<Record, Refusal> {
    let found = all(shelf, now)?
        .into_iter()
        .find(|it| named.means(it.name(), it.arn()));
    // The model has no other error for it.
    found.ok_or_else(|| Refusal::Invalid(format!("there is no sampling rule {:?}", named.text())))
}
