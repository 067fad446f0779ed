//! Sampling by rules, as arithmetic: which rule a request falls under, and whether it is traced.
//!
//! ```text
//! rules ─▶ order ─▶ pick(request) ─▶ Sampler::decide(now, random) ─▶ Verdict
//!                                        ▲             │
//!             Target (rate, quota) ──────┘             └──▶ Counts, to be reported
//! ```
//!
//! A rule samples the first requests of each second (its *reservoir*), and of further ones a fraction (its *rate*). Where
//! several processes use a rule, X-Ray divides the reservoir among them: each reports its [`Counts`] and gets a *quota*.
//! Who has none yet may *borrow* one request a second.
//!
//! Both sides of that talk share these words: the function asks and decides, the local X-Ray answers and divides.
//!
//! Sources: the X-Ray Developer Guide ("Configuring sampling rules", "Using sampling rules with the X-Ray API") and what
//! the public SDKs for Go and Python do where the guide is silent.

mod rate;
mod rule;
mod sampler;
mod share;
mod wildcard;

pub use rate::{Rate, RateError};
pub use rule::{DEFAULT_RULE, RateBoost, Request, Rule, order, pick};
pub use sampler::{Counts, Quota, Sampler, Target, Verdict};
pub use share::share;
pub use wildcard::matches;
