//! The init phase: what a function does before its first invocation, kept until there is a trace to show it in.
//!
//! No SDK records it, because there is no trace header yet. Here its subsegments are made as all others are, but held
//! back; the first invocation gives them its trace, and they stand beneath its function subsegment, before which they
//! happened. When that invocation is not recorded they are dropped with it.

use std::sync::{Arc, LazyLock};

use xray_segment::TraceId;

use crate::held::{FUNCTION, Held, Place};
use crate::invocation::{Invocation, Sink};
use crate::recording::Recording;
use crate::{Context, Subsegment};

/// Stands for the trace.
const TRACE: TraceId = TraceId::from_bytes([0; 16]);

/// One a process, as the init phase is: `main` opens subsegments before it has anything of ours to hold.
static INIT: LazyLock<Arc<Recording>> = LazyLock::new(|| {
    let invocation = Invocation {
        request_id: None,
        header: None,
        sink: Sink::Held(Held::default()),
    };
    Arc::new(Recording::new(invocation, TRACE, None))
});

/// Opens a subsegment of the init phase: work before [`run`](crate::run), such as loading a configuration or connecting to a database.
///
/// It is shown beneath the first invocation's function subsegment, when that invocation is recorded. At most 100 are kept.
///
/// ```
/// let connecting = lambda_xray::init_subsegment("connect");
/// // ... before the runtime starts ...
/// drop(connecting);
/// ```
#[must_use = "a subsegment closes when it is dropped, so this one would take no time"]
pub fn init_subsegment(name: &str) -> Subsegment {
    let entry = INIT.open(name, FUNCTION);
    Subsegment::open(Context::recorded(Arc::clone(&INIT), entry))
}

/// The first invocation of the process has begun, as this function subsegment, or is not recorded.
pub(crate) fn show(place: Option<Place>) {
    if let Sink::Held(held) = &INIT.invocation().sink {
        held.show(place);
    }
}
