//! Lambda's side: what an extension asks of it, and what it tells an extension.

mod client;
mod event;
mod telemetry;

pub use client::{Client, ClientError, RuntimeApi, Subscription};
pub use event::{Reason, Turn};
pub use telemetry::{Ending, Record, Telemetry};
