//! Tags of sampling rules and groups. They stand beside what they belong to, by its ARN, and go with it; whether that exists is known to who asks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::constraint::{chars, count};
use crate::limits;
use crate::refusal::Refusal;
use crate::store::{Kept, Shelf, StoreError};

/// Tags one call may bring (API model).
const PER_CALL: usize = 200;

/// A tag as the API has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// The tags of one resource.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Tags(BTreeMap<String, String>);

impl Kept for Tags {
    const KIND: &'static str = "tags";
}

/// The tags of a resource, by key.
pub(crate) fn of(shelf: &Shelf<'_>, arn: &str) -> Result<Vec<Tag>, Refusal> {
    let tags: Tags = shelf.get(arn)?.unwrap_or_default();
    let tag = |(key, value)| Tag { key, value };
    Ok(tags.0.into_iter().map(tag).collect())
}

/// Adds tags to a resource; one with the same key is replaced.
pub(crate) fn add(shelf: &Shelf<'_>, arn: &str, added: Vec<Tag>) -> Result<(), Refusal> {
    count("Tags", added.len(), PER_CALL)?;
    if added.is_empty() {
        return Ok(());
    }
    let mut tags: Tags = shelf.get(arn)?.unwrap_or_default();
    for Tag { key, value } in added {
        chars("Key", &key, 1..=128)?;
        chars("Value", &value, 0..=256)?;
        if key.to_ascii_lowercase().starts_with("aws:") {
            let text =
                format!("Key {key:?} begins with aws:, which belongs to AWS; choose another");
            return Err(Refusal::Invalid(text));
        }
        tags.0.insert(key, value);
    }
    if tags.0.len() > limits::TAGS {
        return Err(Refusal::TooManyTags(arn.to_owned()));
    }
    Ok(shelf.keep(arn, &tags)?)
}

/// Takes tags off a resource; keys it does not have change nothing.
pub(crate) fn remove(shelf: &Shelf<'_>, arn: &str, keys: &[String]) -> Result<(), Refusal> {
    count("TagKeys", keys.len(), PER_CALL)?;
    let mut tags: Tags = shelf.get(arn)?.unwrap_or_default();
    tags.0.retain(|key, _| !keys.contains(key));
    Ok(shelf.keep(arn, &tags)?)
}

/// Forgets the tags of a resource that is deleted.
pub(crate) fn forget(shelf: &Shelf<'_>, arn: &str) -> Result<(), StoreError> {
    shelf.remove::<Tags>(arn)
}
