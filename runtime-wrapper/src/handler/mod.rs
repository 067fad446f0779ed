//! The layer around a handler, and what it does at the beginning and at the end of an invocation.
//!
//! It has two places, and works in either or both. Around the handler (`Service<LambdaEvent<T>>`) it sees the handler's error and
//! panic. As `Runtime::layer` (`Service<LambdaInvocation>`) it sees neither, because the runtime has already turned
//! them into a response, but its function subsegment also covers reading the event and posting the response. Whichever is
//! outermost opens the function subsegment and ends the invocation; the inner one adds what it sees.
//!
//! An event that cannot be read reaches no handler; [`run`](crate::run) has a layer for those alone.

mod future;
mod layer;
mod running;
mod service;
mod unread;

pub use future::XrayFuture;
pub use layer::XrayLayer;
pub use service::XrayService;
pub(crate) use unread::UnreadLayer;
