//! The traces of a time range and a group, one after the other, for operations that sum them up.

use super::error::ApiError;
use super::request::When;
use super::summaries::open_end;
use crate::compile::{Trace, compile};
use crate::limits;
use crate::store::{Axis, Cursor, Scan, Snapshot, StoreError};

/// The group that has everything.
const DEFAULT_GROUP: &str = "Default";

/// Traces by their start, in epoch seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    from: f64,
    to: f64,
}

impl Range {
    /// A range that makes sense, and a group by name or ARN that exists.
    pub(super) fn new(
        When(from): When,
        When(to): When,
        group: (Option<&str>, Option<&str>),
        now: f64,
    ) -> Result<Self, ApiError> {
        if to < from {
            return Err(ApiError::invalid("EndTime lies before StartTime"));
        }
        let (name, arn) = group;
        let name = name.or_else(|| arn?.split_once(":group/")?.1.split('/').next());
        match name.or(arn) {
            Some(DEFAULT_GROUP) | None => Ok(Self {
                from,
                to: open_end(to, now),
            }),
            Some(other) => Err(ApiError::invalid(format!(
                "there is no group {other:?}; ask for the group Default"
            ))),
        }
    }

    /// Hands every trace of the range to `add`, the newest first, never more than one at a time.
    pub(super) fn each(
        self,
        snapshot: &Snapshot<'_>,
        mut add: impl FnMut(&Trace),
    ) -> Result<(), StoreError> {
        let mut scan = Scan {
            axis: Axis::Start,
            from: self.from,
            to: self.to,
            after: None,
            limit: limits::TRACES_PER_SCAN,
        };
        loop {
            let listed = snapshot.scan(&scan)?;
            for trace in &listed {
                add(&compile(snapshot.documents_of(trace)?.bodies));
            }
            match listed.last() {
                Some(last) if listed.len() == scan.limit => {
                    scan.after = Some(Cursor {
                        time: last.time,
                        id: last.id,
                    });
                }
                _ => return Ok(()),
            }
        }
    }
}
