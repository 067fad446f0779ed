//! The words of AWS X-Ray: what a function, the extension and the local X-Ray say to each other.
//!
//! ```text
//! TraceHeader ──▶ Document ──▶ datagram ──▶ Route ──▶ X-Ray
//!  (Root, Parent)  (a subsegment)  (UDP)     (the ids it goes by)
//! ```
//!
//! A *trace* is what one request did. Each service it passes writes a *segment*, each piece of work inside a
//! service a *subsegment*; both are JSON documents ([`Document`]), tied together by a [`TraceId`] and by the
//! [`EntityId`] of their parent. The header that carries both from service to service is a [`TraceHeader`].
//! Documents travel to the process that forwards them as [`datagram`]s.
//!
//! Nothing here does I/O, reads a clock or panics on input: time and randomness are given, bytes are parsed once.
//!
//! Sources: the AWS X-Ray Developer Guide ("Segment documents", "Concepts"), the official JSON schema of a
//! segment document (version 1.0.0), and the public sources of the X-Ray daemon and SDKs.

pub mod datagram;
pub mod document;
#[doc(hidden)]
pub mod fuzzing;
mod header;
mod id;
pub mod limits;
pub mod name;
mod route;
pub mod sampling;
pub mod split;
mod time;

pub use document::Document;
pub use header::{Decision, HeaderError, Sampled, TraceHeader};
pub use id::{EntityId, IdBuffer, IdError, TraceId};
pub use route::{Route, RouteError};
pub use time::Timestamp;
