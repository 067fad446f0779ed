//! AWS X-Ray on this machine: the API, a store, a page and a terminal view.
//!
//! ```text
//! PutTraceSegments ─▶ api ─▶ store (one writer, durable before the answer)
//!                              │
//!   page, xray-local, aws xray ◀─ api ◀─ compile (documents ─▶ trace ─▶ summary)
//! ```
//!
//! [`Local::start`] runs it inside any program, for example a test; the binary `xray-local` does only that and
//! draws in the terminal ([`cli`]). The page and the terminal read through the same API as every other client, so
//! that both could show traces from AWS as well.

mod analytics;
mod api;
mod arn;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cli;
mod clock;
mod compile;
mod console;
mod constraint;
mod daemon;
mod document;
mod filter;
#[doc(hidden)]
pub mod fuzzing;
pub mod generate;
mod graph;
mod group;
mod insight;
pub mod limits;
mod logs;
pub mod map;
mod mark;
mod otel;
mod policy;
mod refusal;
mod resource;
mod retention;
mod retrieval;
mod rollup;
mod sampling;
mod server;
mod settle;
mod store;
mod tag;
pub mod timeline;

pub use compile::{Entity, Status, Trace, compile};
pub use daemon::DaemonError;
pub use retention::Keep;
pub use server::{Config, Local, Running, StartError};
pub use store::StoreError;
