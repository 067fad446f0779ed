//! One invocation, or outside Lambda one segment: what came with it, and where its documents go.

use std::sync::Arc;

use xray_segment::{Document, TraceHeader};

use crate::emit::Emitter;
use crate::held::Held;

/// What came with an invocation.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// Lambda's name for it; none outside of Lambda.
    pub(crate) request_id: Option<String>,
    pub(crate) header: Option<TraceHeader>,
    pub(crate) sink: Sink,
}

/// Where closed documents go.
#[derive(Debug)]
pub(crate) enum Sink {
    /// To the extension, or to who stands in for it.
    Emitter(Arc<Emitter>),
    /// Nowhere yet: the init phase has no trace.
    Held(Held),
    /// Nowhere: nothing is recorded.
    Nowhere,
    /// Into the hands of a test.
    #[cfg(feature = "test")]
    Captured(crate::testing::Shelf),
}

impl Sink {
    pub(crate) fn send(&self, document: Document<'static>) {
        match self {
            Self::Emitter(emitter) => emitter.send(document),
            Self::Held(held) => held.take(document),
            Self::Nowhere => {}
            #[cfg(feature = "test")]
            Self::Captured(taker) => taker.put(document),
        }
    }

    /// Who wants to know what is open, if somebody does.
    pub(crate) fn listener(&self) -> Option<&Emitter> {
        match self {
            Self::Emitter(emitter) if emitter.is_heard() => Some(emitter),
            _ => None,
        }
    }
}

impl Invocation {
    /// Says that its last document has been sent.
    pub(crate) fn finish(&self) {
        if let Sink::Emitter(emitter) = &self.sink {
            match &self.request_id {
                Some(request_id) => emitter.finish(request_id),
                None => emitter.say_lost(),
            }
        }
    }
}
