//! The process beside the function: it takes segment documents over UDP and has them at X-Ray when an invocation ends.
//!
//! ```text
//! function ──UDP──▶ intake ──▶ buffer ──▶ deliver ──▶ X-Ray
//!                      ▲          strategy says when
//! Lambda: INVOKE, SHUTDOWN, platform.runtimeDone
//! ```
//!
//! [`agent`] owns all state and tells in one `enum` all that can happen. Everything else is a part it asks:
//! [`strategy`] decides when to flush and knows neither sockets nor clocks, [`buffer`] keeps what is not sent yet,
//! [`deliver`] is the only place that knows the AWS SDK, [`lambda`] the only one that knows Lambda's APIs.
//! On their way from intake to buffer, documents pass [`redact`] and [`decide`] where rules are set; beside them come what a dead function left
//! [`open`] and what the [`platform`] measured. What came, went and was lost is in the [`report`].
//!
//! Without the default feature `xray` only [`intake`] is left, for other programs that want documents from a socket.

pub mod intake;

#[cfg(feature = "xray")]
pub mod agent;
#[cfg(feature = "xray")]
pub mod buffer;
#[cfg(feature = "xray")]
pub mod credentials;
#[cfg(feature = "xray")]
pub mod daemon;
#[cfg(feature = "xray")]
pub mod decide;
#[cfg(feature = "xray")]
pub mod deliver;
#[cfg(feature = "xray")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "xray")]
mod http;
#[cfg(feature = "xray")]
pub mod lambda;
#[cfg(feature = "xray")]
pub mod log;
#[cfg(feature = "xray")]
pub mod open;
#[cfg(feature = "xray")]
pub mod platform;
#[cfg(feature = "xray")]
pub mod proxy;
#[cfg(feature = "xray")]
pub mod redact;
#[cfg(feature = "xray")]
pub mod report;
#[cfg(feature = "xray")]
pub mod settings;
#[cfg(feature = "xray")]
pub mod start;
#[cfg(feature = "xray")]
pub mod strategy;
#[cfg(feature = "xray")]
pub mod tunnel;
