//! Sampling rules of this X-Ray: kept, ordered, and their reservoirs shared among those who use them.
//!
//! AWS samples 5 % by default, to spare money. On one's own machine every trace is wanted, so the built-in rule's rate
//! is 1 until somebody changes it. That is the one deviation.
//!
//! What a rule means is in [`xray_segment::sampling`], which the clients use as well.

mod clients;
mod raise;
mod record;
mod rules;
mod update;

pub(crate) use clients::Clients;
pub(crate) use raise::Raise;
pub(crate) use record::Record;
pub(crate) use rules::{all, create, delete, is_rule, last_change, raise, update};
pub(crate) use update::Update;
