//! Under which id an incident was told: what asks for an insight has nothing but that.

use serde::{Deserialize, Serialize};

use super::Incident;
use super::answer::begin;
use crate::limits;
use crate::refusal::Refusal;
use crate::store::{Kept, Shelf, StoreError};

/// Seconds of an incident that are told.
const LONGEST: f64 = 7.0 * 24.0 * 3600.0;

/// An incident that a client knows of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) group_arn: String,
    /// Epoch seconds from which on minutes have to be looked at to find it again.
    pub(crate) from: f64,
    root: String,
    first: u64,
}

impl Kept for Told {
    const KIND: &'static str = "insight";
}

impl Told {
    /// The incident of a group, as minutes since `from` show it.
    pub(crate) fn new(group_arn: &str, from: f64, incident: &Incident) -> Self {
        let root = format!("{:?}", incident.root);
        Self {
            id: id(&format!("{group_arn} {root} {}", incident.first)),
            group_arn: group_arn.to_owned(),
            from,
            root,
            first: incident.first,
        }
    }

    /// Epoch seconds up to which minutes have to be looked at, if there are so many.
    pub(crate) const fn until(&self) -> f64 {
        begin(self.first) + LONGEST
    }

    /// Whether this is the incident, also when late traces have moved its beginning a little.
    pub(crate) fn is(&self, incident: &Incident) -> bool {
        self.root == format!("{:?}", incident.root) && self.first.abs_diff(incident.first) <= 5
    }

    /// The one of an id.
    pub(crate) fn find(shelf: &Shelf<'_>, id: &str) -> Result<Self, Refusal> {
        let told = shelf.get(&id.to_ascii_lowercase())?;
        told.ok_or_else(|| Refusal::Invalid(format!("there is no insight {id:?}; list them anew")))
    }

    /// Remembers incidents, each under the id it has already; of all the latest [`limits::INSIGHTS`].
    pub(crate) fn keep(shelf: &Shelf<'_>, new: Vec<Self>) -> Result<(), StoreError> {
        let mut all: Vec<Self> = shelf.all()?;
        for told in new {
            if !all.iter().any(|it| it.id == told.id) {
                shelf.keep(&told.id, &told)?;
                all.push(told);
            }
        }
        all.sort_by_key(|it| it.first);
        let excess = all.len().saturating_sub(limits::INSIGHTS);
        for told in all.iter().take(excess) {
            shelf.remove::<Self>(&told.id)?;
        }
        Ok(())
    }
}

/// The form of a UUID that is made of a name (version 5).
fn id(name: &str) -> String {
    let half = |seed: u64| {
        let bytes = name.bytes();
        bytes.fold(seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let (high, low) = (half(0xcbf2_9ce4_8422_2325), half(0x8422_2325_cbf2_9ce4));
    let high = (high & 0xffff_ffff_ffff_0fff) | 0x5000;
    let low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff,
    )
}
