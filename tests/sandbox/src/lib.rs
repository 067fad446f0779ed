//! One Lambda execution environment, simulated with real processes.
//!
//! The sandbox serves the Runtime API, the Extensions API and the Telemetry API on a loopback port, starts the
//! extensions and the function with the environment variables that Lambda gives each, hands out events, and does to
//! the processes what Lambda does: freezes them (SIGSTOP) between invocations, ends an invocation at its deadline,
//! kills a function that takes too much memory, resets the environment after a crash, and shuts it down in 2 s.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use lambda_sandbox::{Event, Sandbox};
//!
//! let sandbox = Sandbox::builder()
//!     .extension("target/debug/xray-extension")
//!     .function("target/debug/playground")
//!     .env("XRAY_EXTENSION_ADDRESS", "127.0.0.1:34567")
//!     .timeout(Duration::from_secs(3))
//!     .memory_mb(512)
//!     .start()
//!     .await?;
//!
//! let invocation = sandbox.invoke(Event::json(&serde_json::json!({"order": 42}))).await?;
//! assert!(invocation.is_success(), "{:?}", invocation.response);
//! println!("{} took {:?}", invocation.request_id, invocation.timings.response_time());
//! println!("the extension took {:?}", invocation.timings.response_to_extension_next());
//!
//! let shutdown = sandbox.shutdown().await?;
//! assert!(shutdown.extension().is_clean());
//! # Ok(())
//! # }
//! ```
//!
//! What it does not have: an init that is tried twice, response streaming to the caller (a streamed
//! response is collected), the Logs API, telemetry by TCP.

mod api;
mod builder;
mod clock;
mod environment;
mod event;
mod fault;
mod ids;
mod invocation;
mod process;
mod sandbox;
mod settings;
mod telemetry;
mod tracing;

pub use builder::Builder;
pub use event::Event;
pub use fault::{ExitOutcome, Fault, Shutdown, ShutdownReason};
pub use ids::NoRandomness;
pub use invocation::{FunctionError, InitTimings, Invocation, InvocationError, Reset, Timings};
pub use process::{LogLine, LogStream, Source};
pub use sandbox::{Sandbox, SandboxError, StartError};
pub use settings::{Credentials, InitializationType, Telemetry};
pub use tracing::{Trace, Tracing};
