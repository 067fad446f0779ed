//! The vocabulary of the end-to-end tests: an environment with the real extension and a real function, an X-Ray that
//! remembers what it was sent, and the documents as they arrived.

mod account;
mod browser;
mod document;
mod environment;
mod http;
mod local;
mod mood;
mod moto;
mod process;
mod program;
mod recorder;
mod wire;

pub use account::{Account, Trial};
pub use browser::chromium;
pub use document::{Arrived, check_schema};
pub use environment::{Environment, Setup, free_udp_address};
pub use http::{get, post, post_to_xray};
pub use local::LocalXRay;
pub use mood::{Call, Mood};
pub use moto::Moto;
pub use process::resident_megabytes;
pub use program::{Program, node_modules, python};
pub use recorder::Recorder;
