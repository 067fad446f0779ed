//! A fraction of requests, which can only be one from 0 to 1.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The part of requests that is sampled, 0 (none) to 1 (all).
///
/// ```
/// use xray_segment::sampling::Rate;
///
/// let rate = Rate::try_from(0.05)?;
/// assert!(rate.takes(0.049) && !rate.takes(0.05));
/// assert!(Rate::try_from(1.5).is_err());
/// # Ok::<(), xray_segment::sampling::RateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Rate(f64);

/// The number is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("FixedRate is {0}; give a number from 0 to 1")]
pub struct RateError(f64);

impl Rate {
    /// Every request.
    pub const ALL: Self = Self(1.0);

    /// Whether the rate takes a request that drew `random`, evenly distributed over 0 up to, but without, 1.
    ///
    /// A rate of 0 never does, a rate of 1 always.
    pub fn takes(self, random: f64) -> bool {
        random < self.0
    }
}

impl TryFrom<f64> for Rate {
    type Error = RateError;

    fn try_from(rate: f64) -> Result<Self, RateError> {
        let is_rate = (0.0..=1.0).contains(&rate);
        is_rate.then_some(Self(rate)).ok_or(RateError(rate))
    }
}

impl From<Rate> for f64 {
    fn from(rate: Rate) -> Self {
        rate.0
    }
}
