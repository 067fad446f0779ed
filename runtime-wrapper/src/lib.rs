//! AWS X-Ray for Lambda functions.
//!
//! ```no_run
//! use lambda_runtime::{Error, LambdaEvent, service_fn};
//! use serde_json::{Value, json};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     lambda_xray::run(service_fn(handler)).await
//! }
//!
//! async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     let charge = lambda_xray::subsegment("charge");
//!     charge.annotate("order", "42");
//!     Ok(json!({ "charged": event.payload["amount"] }))
//! }
//! ```
//!
//! [`run`] traces each invocation: it opens a *function subsegment* named after the function, beneath the segment that Lambda itself
//! writes, with the annotation `ColdStart` and the request id, and closes it with the handler's error or panic as
//! its cause. [`subsegment`] opens further ones beneath it. Each is sent in one datagram when it closes, to the X-Ray
//! extension beside the function or, where there is none, to the X-Ray daemon that Lambda names.
//!
//! # What is open while what runs
//!
//! A [`Subsegment`] is a guard: it closes when it is dropped. It is the parent of what is opened by it
//! ([`Context::subsegment`]) and of what a future opens that runs within it ([`FutureExt::in_subsegment`]); not of what merely happens while it
//! lives, because under `join!` that may be somebody else's work.
//!
//! ```
//! use lambda_xray::{FutureExt, subsegment};
//!
//! # async fn load() {}
//! # async fn offers() {}
//! # async fn page() {
//! let page = subsegment("page");
//! let load = load().in_subsegment(page.subsegment("load"));
//! let offers = offers().in_subsegment(page.subsegment("offers"));
//! // The two stand beside each other, beneath "page".
//! tokio::join!(load, offers);
//! # }
//! ```
//!
//! A spawned task starts outside: give it the [`Context`] with [`FutureExt::in_context`], or a subsegment.
//!
//! # The end of an invocation
//!
//! When the handler has returned, the function subsegment is sent, and after it a marker: the extension has all at X-Ray before Lambda
//! freezes the environment. A subsegment that closes later, in a task that outlives its handler or in the body of a streamed response, is
//! sent when it closes and flushed with the next invocation.
//! The extension is told of what stays open for more than 20 ms, so that it can close it for a function that timed out or was killed.
//!
//! # Before the first invocation
//!
//! What `main` does before [`run`] is part of a cold start. [`init_subsegment`] records it; it is shown in the first invocation's trace.
//!
//! # When a request is not sampled
//!
//! Nothing is emitted, a subsegment allocates nothing, and no code looks different. [`trace_header`] has the header to send on in either case.
//!
//! # Features
//!
//! All are off unless they are asked for.
//!
//! | feature | what it adds |
//! |---|---|
//! | `aws` | `aws`: an interceptor for clients of the AWS SDK |
//! | `batch` | `batch`: a batch's messages, each with a link to the trace that it comes from |
//! | `concurrency-tokio` | `run_concurrent`: several invocations at once |
//! | `diesel` | `sql::DieselQueries`: the queries of `diesel`, with what `sql` adds |
//! | `http` | `http`: subsegments of calls over HTTP, by a layer around the client |
//! | `logs` | `logs`: trace, subsegment and request in the log lines of `tracing-subscriber` |
//! | `metrics` | durations and faults of sampled invocations' subsegments as `CloudWatch` metrics, where `XRAY_METRICS_NAMESPACE` asks for them |
//! | `reqwest` | `http::TraceMiddleware`: the same for clients of `reqwest`, with what `http` adds |
//! | `recorder` | `recorder`: segments outside of Lambda, with what `sampling` adds; with `http` too, a layer for servers |
//! | `request` | `record_request`, `record_response`, `request`: the HTTP request that an invocation answers, on the function subsegment |
//! | `sampling` | `sampling`: whether a request is recorded, by the rules of X-Ray or by rules at hand |
//! | `sql` | `sql`: subsegments of database queries |
//! | `test` | `testing`: what a handler would emit, as a tree to assert on |
//! | `tracing` | `spans`: the spans of `tracing` as subsegments |
//!
//! # Settings
//!
//! | variable | meaning |
//! |---|---|
//! | `XRAY_EXTENSION_ADDRESS` | where the extension listens; `127.0.0.1:2000` when it is not set |
//! | `AWS_XRAY_DAEMON_ADDRESS` | where to send when no extension answers; set by Lambda |
//! | `AWS_XRAY_CONTEXT_MISSING` | what is done about a `subsegment` outside of everything: `LOG_ERROR` (the default) says so once, `RUNTIME_ERROR` panics, `IGNORE_ERROR` is silent |
//! | `AWS_XRAY_TRACING_NAME` | with the feature `recorder`: the name of all segments |
//! | `AWS_XRAY_SDK_DISABLED`, `AWS_XRAY_SDK_ENABLED` | `true`, or `false`: nothing is recorded, and trace headers go on as they came |
//! | `XRAY_METRICS_NAMESPACE` | with the feature `metrics`: the metrics' namespace; unset, there are none |
//! | `AWS_LAMBDA_MAX_CONCURRENCY` | set by Lambda; above 1, the trace header is taken from the invocation only |
//!
//! # Panics
//!
//! The first [`XrayLayer`] of a process sets a panic hook, which calls the one before it. It notes where a panic happened; in a build
//! that aborts at a panic it also closes and sends what is open, before the process dies.

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "batch")]
pub mod batch;
mod captured;
mod cause;
mod config;
mod context;
mod emit;
mod future;
mod handler;
mod held;
#[cfg(feature = "http")]
pub mod http;
mod init;
mod invocation;
mod log;
#[cfg(feature = "logs")]
pub mod logs;
#[cfg(feature = "metrics")]
mod metrics;
mod missing;
#[cfg(feature = "sampling")]
mod neighbour;
mod panic;
#[cfg(feature = "recorder")]
pub mod recorder;
mod recording;
#[cfg(feature = "request")]
pub mod request;
mod run;
#[cfg(feature = "sampling")]
pub mod sampling;
#[cfg(feature = "tracing")]
pub mod spans;
#[cfg(feature = "sql")]
pub mod sql;
mod subsegment;
#[cfg(feature = "test")]
pub mod testing;
mod watch;

pub use captured::Captured;
pub use context::{Context, trace_header};
pub use future::{FutureExt, InContext, InSubsegment};
pub use handler::{XrayFuture, XrayLayer, XrayService};
pub use init::init_subsegment;
#[cfg(feature = "request")]
pub use request::{record_request, record_response};
pub use run::run;
#[cfg(feature = "concurrency-tokio")]
pub use run::run_concurrent;
pub use subsegment::{Subsegment, subsegment};
pub use xray_segment::document;
pub use xray_segment::{EntityId, TraceHeader, TraceId};

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
