//! The sandbox by its public door, with real processes: the function and the extension in `tests/fixtures`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: what is wrong ends the test"
)]

mod command_line;
mod faults;
mod fixtures;
mod freezing;
mod lifecycle;
mod managed;
mod refusals;
mod telemetry;
mod variables;
