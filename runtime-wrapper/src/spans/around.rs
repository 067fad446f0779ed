//! The span that the runtime opens around a handler, as the place of the function subsegment.
//!
//! It is open before the invocation begins, so that it has no subsegment of its own; but where a library or a task takes the current span along to
//! another thread, and the handler has opened none, it is this one that is taken.

use tracing::dispatcher;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan;

use crate::Context;

/// What the layer keeps of such a span.
pub(super) struct Around(pub(super) Context);

/// Makes a recorded invocation the context of whatever runs in the runtime's span, if that is the current one.
pub(crate) fn adopt(invocation: &Context) {
    if !invocation.is_recorded() {
        return;
    }
    dispatcher::get_default(|dispatch| {
        let current = dispatch.current_span();
        let (Some(id), Some(metadata)) = (current.id(), current.metadata()) else {
            return;
        };
        let registry = dispatch.downcast_ref::<Registry>();
        let runtimes = metadata.target().starts_with("lambda_runtime::");
        if let Some(span) = registry.filter(|_| runtimes).and_then(|all| all.span(id)) {
            let around = Around(invocation.clone());
            let before = span.extensions_mut().replace(around);
            // Dropped with no lock of the registry's held: it may be the last of its invocation.
            drop(before);
        }
    });
}
