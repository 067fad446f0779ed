//! A subsegment that has its id and its beginning, but may never open.
//!
//! A request carries the id in its header before anybody can know whether it will be sent: a presigned one is given away instead. What has been
//! opened could not be taken back, because the extension may have been told of it.

use std::sync::Arc;

use xray_segment::{EntityId, Timestamp, TraceHeader};

use crate::recording::Recording;
use crate::{Context, Subsegment};

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Planned {
    recording: Arc<Recording>,
    parent: EntityId,
    id: EntityId,
    start: Timestamp,
}

impl Planned {
    /// One beneath this place, which begins now; `None` where nothing is recorded.
    pub(super) fn beneath(context: &Context) -> Option<Self> {
        let (recording, parent) = context.recording()?;
        let (id, start) = recording.plan();
        Some(Self {
            recording: recording.clone(),
            parent: parent.id,
            id,
            start,
        })
    }

    /// The header that names it as the parent.
    pub(super) fn header(&self) -> Option<TraceHeader> {
        let header = self.recording.invocation().header.as_ref();
        header.map(|header| header.with_parent(self.id))
    }

    /// Opens it, as if it had been open from its beginning.
    pub(super) fn open(self, name: &str) -> Subsegment {
        let Self {
            recording,
            parent,
            id,
            start,
        } = self;
        let entry = recording.open_planned(name, (id, start), parent);
        Subsegment::open(Context::recorded(recording, entry))
    }
}
