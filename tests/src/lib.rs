//! The vocabulary of the end-to-end tests: an environment with the real extension and a real function, an X-Ray that
//! remembers what it was sent, and the documents as they arrived.

mod document;
mod environment;
mod local;
mod program;
mod recorder;

pub use document::{Arrived, check_schema};
pub use environment::{Environment, Setup, free_udp_address};
pub use local::{LocalXRay, post};
pub use program::{Program, node_modules, python};
pub use recorder::{Mood, Recorder};
