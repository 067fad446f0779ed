//! What the wrapper puts on the wire, seen by a socket that plays the extension or the daemon.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: what is wrong ends the test"
)]

mod addresses;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "batch")]
mod batch;
#[cfg(feature = "test")]
mod captured;
mod concurrent;
mod handler;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "tracing")]
mod libraries;
#[cfg(feature = "logs")]
mod logs;
mod off;
mod receiver;
#[cfg(feature = "recorder")]
mod recorder;
#[cfg(feature = "request")]
mod request;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "sampling")]
mod sampling;
#[cfg(all(feature = "recorder", feature = "http"))]
mod serve;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "sql")]
mod sql;
mod survival;
#[cfg(feature = "test")]
mod testing;
mod tree;
mod world;
