//! Whether a request is recorded, decided outside of Lambda by sampling rules.
//!
//! A rule takes the first requests of each second (its reservoir) and a share of all further ones, of the requests that fall under it by service, host, method and path.
//! The rules are those set in X-Ray, which the daemon hands on at its TCP port, or rules at hand:
//!
//! ```
//! use lambda_xray::sampling::{LocalRules, Request, Sampling};
//!
//! let rules = LocalRules::parse(
//!     r#"{
//!         "version": 2,
//!         "rules": [{ "host": "*", "http_method": "GET", "url_path": "/health", "fixed_target": 0, "rate": 0 }],
//!         "default": { "fixed_target": 1, "rate": 0.05 }
//!     }"#,
//! )?;
//! let sampling = Sampling::local(rules);
//! let request = Request { url_path: Some("/health"), http_method: Some("GET"), ..Request::default() };
//! assert!(!sampling.decide(&request).sampled);
//! # Ok::<(), lambda_xray::sampling::LocalRulesError>(())
//! ```
//!
//! # The rules of X-Ray
//!
//! [`Sampling::centralized`] asks for them every 5 minutes, and every 10 seconds reports how many requests fell under each that was used; it is answered with this
//! process's share of the reservoir. Until it has one it *borrows* one request a second. When a rule was changed meanwhile they are asked for at once. Where the daemon has
//! not been there for an hour, or never, the local rules hold. A decision never waits for any of it.
//!
//! Source: the X-Ray Developer Guide, "Using sampling rules with the X-Ray API".

mod central;
mod local;
mod poll;
mod wire;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use xray_segment::{IdBuffer, Timestamp};

pub use local::{LocalRules, LocalRulesError};
pub use xray_segment::sampling::Request;

use crate::recording::fill;
use central::Central;
use poll::{Poller, Schedule};

/// How a request was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// It is recorded.
    pub sampled: bool,
    /// The rule of X-Ray's that it fell under.
    pub rule: Option<String>,
}

/// Decides. Share it by a [`Recorder`](crate::recorder::Recorder), or in an `Arc`.
pub struct Sampling {
    deciding: Arc<Mutex<Deciding>>,
    /// Who asks the daemon; ends with this.
    poller: Option<Poller>,
}

/// All that a decision needs, under one lock.
pub(crate) struct Deciding {
    rules: Central,
    random: IdBuffer,
}

impl Sampling {
    /// By rules at hand.
    pub fn local(rules: LocalRules) -> Self {
        Self {
            deciding: Deciding::of(rules, Schedule::default()),
            poller: None,
        }
    }

    /// By the rules that whoever is at `daemon` gives over TCP (the X-Ray daemon, our extension, `xray-local`), and by `until_then` where there are none.
    ///
    /// Starts a thread that asks; it ends when this is dropped.
    pub fn centralized(daemon: SocketAddr, until_then: LocalRules) -> Self {
        Self::polled(daemon, until_then, Schedule::default())
    }

    fn polled(daemon: SocketAddr, until_then: LocalRules, schedule: Schedule) -> Self {
        let deciding = Deciding::of(until_then, schedule);
        let poller = Poller::start(daemon, deciding.clone(), schedule);
        Self { deciding, poller }
    }

    /// Decides on a request: one lock, and nothing that waits.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let now = SystemTime::now().into();
        let mut deciding = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        deciding.decide(now, request)
    }
}

impl Deciding {
    fn of(local: LocalRules, schedule: Schedule) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            rules: Central::new(local, schedule.targets),
            random: IdBuffer::default(),
        }))
    }

    fn decide(&mut self, now: Timestamp, request: &Request<'_>) -> Decision {
        let random = self.random();
        self.rules.decide(now, random, request)
    }

    /// Evenly distributed over 0 up to, but without, 1.
    fn random(&mut self) -> f64 {
        let [.., a, b, c, d] = *self.random.next_id(fill).as_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }
}

impl fmt::Debug for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampling")
            .field("is_central", &self.poller.is_some())
            .finish_non_exhaustive()
    }
}
