//! What code under test would emit, as a tree to assert on: no network, no environment, and no other test in the way.
//!
//! ```
//! use lambda_xray::subsegment;
//! use lambda_xray::testing::capture;
//!
//! async fn charge(order: &str) -> Result<(), std::io::Error> {
//!     let charge = subsegment("charge");
//!     charge.annotate("order", order);
//!     drop(charge.subsegment("receipt"));
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let (trace, answer) = capture(charge("42")).await;
//! assert!(answer.is_ok());
//! trace.find("charge").assert_annotation("order", "42").assert_ok();
//! trace.find("receipt").assert_beneath("charge");
//! assert_eq!(trace.names(), ["charge", "receipt"]);
//! # }
//! ```
//!
//! An assertion that fails draws the tree:
//!
//! ```text
//! no subsegment is named "refund" in
//! test
//! └─ charge  order=42
//!    └─ receipt
//! ```
//!
//! The context is that of the future: tests that run side by side, on one thread or many, do not see each other's. A spawned task belongs to it as it
//! does in a function, by [`FutureExt::in_context`](crate::FutureExt::in_context).

mod capture;
mod draw;
#[cfg(feature = "recorder")]
mod recorder;
mod trace;

pub(crate) use capture::Shelf;
pub use capture::{capture, capture_unsampled};
#[cfg(feature = "recorder")]
pub use recorder::{Traces, recorder};
pub use trace::{Captured, Trace};
