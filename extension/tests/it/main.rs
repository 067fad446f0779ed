//! The extension by its public door, between a Lambda and an X-Ray that the tests play.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what tests share"
)]

mod corpus;
mod daemon;
mod daemon_credentials;
mod daemon_telemetry;
mod delivery;
mod fake_aws;
mod fake_lambda;
mod fake_xray;
mod hostile;
mod http;
mod lifecycle;
mod logs;
mod platform;
mod report;
mod rules;
mod running;
mod sampling;
mod signature;
mod tls;
mod tunnel;
