//! Where documents come in: a UDP socket, as every X-Ray SDK knows it.
//!
//! This module is for other programs too: it knows neither Lambda nor X-Ray's API.

mod kernel;
mod udp;

pub use udp::{Drained, Intake, Received};
