//! Segments outside of Lambda: for servers, workers and jobs on EC2, ECS, EKS and anywhere else.
//!
//! In Lambda the service writes the segment and the function adds subsegments to it. Elsewhere the program writes the segment itself, and decides
//! whether a request is recorded:
//!
//! ```
//! use lambda_xray::FutureExt;
//! use lambda_xray::recorder::Recorder;
//!
//! # async fn load() -> Result<(), std::io::Error> { Ok(()) }
//! # async fn nightly() -> Result<(), std::io::Error> {
//! let recorder = Recorder::new();
//! let segment = recorder.segment("nightly-report");
//! segment.annotate("shop", "berlin");
//! load().capture(segment).await?; // an error makes the segment a fault
//! # Ok(()) }
//! ```
//!
//! All that works within an invocation works within a segment: [`subsegment`](crate::subsegment), [`Context`](crate::Context), the layers for HTTP, the AWS SDK and `tracing`.
//! Requests of an HTTP server get their segments by `http::SegmentLayer` (feature `http`).
//!
//! # Who takes the documents
//!
//! The X-Ray daemon, our extension started as one, or `xray-local`: at `AWS_XRAY_DAEMON_ADDRESS`, else at `127.0.0.1:2000`. Where nobody listens nothing is
//! recorded and nothing fails. A segment is sent when it closes, its subsegments each when they close.
//!
//! # Whether a request is recorded
//!
//! What the caller has decided holds: `Sampled=1` or `Sampled=0` of its trace header. Where it has not, [`Sampling`](crate::sampling::Sampling) decides: by the
//! rules that are set in X-Ray, asked for at the daemon's TCP port, and until those are there by the rules at hand ([`Builder::sampling`]). The header that goes on to those who
//! are called tells them.

mod builder;
mod incoming;
mod naming;
mod resource;
mod segment;
mod segments;

pub use builder::Builder;
pub use naming::Naming;
pub use resource::{Platform, Resource};
pub use segment::Segment;
pub use segments::Recorder;
