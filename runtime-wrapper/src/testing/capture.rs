//! Runs code within a trace that is kept instead of sent.

use std::sync::{Arc, Mutex, PoisonError};

use xray_segment::{Document, EntityId, TraceHeader, TraceId};

use super::Trace;
use crate::invocation::{Invocation, Sink};
use crate::recording::Recording;
use crate::{Context, FutureExt, Subsegment};

/// The trace of every test: what it is makes no difference, and a log line of one is recognized.
const TRACE: TraceId = TraceId::from_bytes([0x7e; 16]);
const SEGMENT: EntityId = EntityId::from_bytes([0x7e; 8]);

/// The name of the subsegment that stands where the function's would.
const ROOT: &str = "test";

/// Closed documents of one trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf(Arc<Mutex<Vec<Document<'static>>>>);

impl Shelf {
    pub(crate) fn put(&self, document: Document<'static>) {
        let mut documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        documents.push(document);
    }

    pub(super) fn take(&self) -> Vec<Document<'static>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs the future within a sampled trace, and gives what it emitted until it was done beside its output. A subsegment that is open by then is not in it.
pub async fn capture<F: Future>(work: F) -> (Trace, F::Output) {
    let shelf = Shelf::default();
    let header = TraceHeader::parse(&format!("Root={TRACE};Parent={SEGMENT};Sampled=1")).ok();
    let recording = Arc::new(Recording::new(invocation(header, &shelf), TRACE, None));
    let root = recording.open(ROOT, SEGMENT);
    let root = Subsegment::open(Context::recorded(recording, root));
    let output = work.in_subsegment(root).await;
    (Trace::new(shelf.take()), output)
}

/// Runs the future as an invocation that is not sampled: the trace is empty, and the code should not care.
pub async fn capture_unsampled<F: Future>(work: F) -> (Trace, F::Output) {
    let shelf = Shelf::default();
    let header = TraceHeader::parse(&format!("Root={TRACE};Parent={SEGMENT};Sampled=0")).ok();
    let context = Context::passed_on(invocation(header, &shelf));
    let output = work.in_context(context).await;
    (Trace::new(shelf.take()), output)
}

fn invocation(header: Option<TraceHeader>, shelf: &Shelf) -> Invocation {
    Invocation {
        request_id: Some("test".to_owned()),
        header,
        sink: Sink::Captured(shelf.clone()),
    }
}
