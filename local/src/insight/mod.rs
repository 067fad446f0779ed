//! Insights: times in which services failed far more often than they used to, and where that began.
//!
//! ```text
//! graph of each minute ─▶ Minute ─▶ Detector (one for each service) ─▶ Episode ─▶ Incident (services that call each other)
//! ```
//!
//! An incident is a function of the traces: nothing is decided while they come, so late documents and changed groups
//! are never missed. What is stored is only under which id an incident was told.

mod answer;
mod detector;
mod incident;
mod minute;
mod told;

pub(crate) use answer::{Event, ImpactNode, Insight};
pub(crate) use incident::{Incident, incidents};
pub(crate) use minute::Minute;
pub(crate) use told::Told;

/// Seconds before a range of which services' habits are learnt.
pub(crate) const HISTORY: f64 = 2.0 * 3600.0;
