//! Lambda's side: what an extension asks of it, and what it tells an extension.

mod client;
mod event;
mod record;
mod telemetry;

pub use client::{Client, ClientError, RuntimeApi, Subscription};
pub use event::{Reason, Turn};
pub use record::{Ending, Line, Memory, Record, Span, Usage};
pub use telemetry::Telemetry;
