//! The guard of a segment: opened by a [`Recorder`](super::Recorder), closed and sent when it is dropped.

use std::ops::Deref;

use xray_segment::TraceHeader;

use crate::{Context, Subsegment};

/// An open segment, or where the request is not recorded a place that knows the header to send on.
///
/// Dereferences to its [`Context`], which has the methods that add to it. Run the work within it: [`FutureExt::capture`](crate::FutureExt::capture),
/// [`FutureExt::in_subsegment`](crate::FutureExt::in_subsegment), [`Context::in_scope`].
#[derive(Debug)]
#[must_use = "a segment closes when it is dropped"]
pub struct Segment {
    guard: Subsegment,
    /// The caller asked for the decision.
    asked: bool,
}

impl Segment {
    pub(super) fn new(context: Context, asked: bool) -> Self {
        Self {
            guard: Subsegment::segment(context),
            asked,
        }
    }

    /// What the caller is to be answered in the header `X-Amzn-Trace-Id`: the trace, and the decision where it asked for that (`Sampled=?`).
    pub fn answer(&self) -> Option<TraceHeader> {
        let answer = TraceHeader::new(self.trace_id()?);
        Some(if self.asked {
            answer.with_decision(self.is_recorded())
        } else {
            answer
        })
    }

    /// Sends the segment as it is, so that X-Ray shows it while it is in progress: for work of minutes. What closes it replaces it.
    pub fn send_in_progress(&self) {
        if let Some((recording, entry)) = self.recording() {
            recording.send_in_progress(entry);
        }
    }
}

impl Deref for Segment {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.guard
    }
}

impl From<Segment> for Subsegment {
    fn from(segment: Segment) -> Self {
        segment.guard
    }
}
