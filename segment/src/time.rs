//! Points in time as documents carry them.
//!
//! On the wire a time is a JSON number of seconds since 1970, with a fraction. Here it is a whole number of
//! microseconds, so that times compare, subtract and print back exactly (a float holds each microsecond until 2038);
//! nothing else in the project knows the float.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MICROS: f64 = 1_000_000.0;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use xray_segment::Timestamp;
///
/// let start = Timestamp::from_micros(1_480_615_200_010_000);
/// assert_eq!(serde_json::to_string(&start).unwrap(), "1480615200.01");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From microseconds since 1970.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// From seconds since 1970 as the wire has them; what is no time (negative, infinite, NaN) is `None`.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        let micros = (seconds * MICROS).round();
        // 2^53 microseconds, the year 2255: what is later is no time of a trace.
        (0.0..9_007_199_254_740_992.0)
            .contains(&micros)
            .then(|| Self(whole(micros)))
    }

    /// Seconds since 1970, with a fraction, as the wire has them.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a float holds each microsecond until 2038, and one in two until 2106"
    )]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / MICROS
    }

    /// The time from `earlier` to this one; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// This time plus `duration`.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(micros(time.duration_since(UNIX_EPOCH).unwrap_or_default()))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the caller checked the range"
)]
fn whole(micros: f64) -> u64 {
    micros as u64
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_seconds())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(Seconds)
    }
}

struct Seconds;

impl Visitor<'_> for Seconds {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds since 1970")
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Timestamp, E> {
        Timestamp::from_seconds(seconds)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(seconds), &self))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "from_seconds refuses what a float does not hold"
    )]
    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Timestamp, E> {
        self.visit_f64(seconds as f64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn prints_back_to_the_microsecond(micros in 0_u64..(1 << 31) * 1_000_000) {
            let time = Timestamp::from_micros(micros);
            let json = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
        }

        #[test]
        fn no_float_panics(seconds in any::<f64>()) {
            if let Some(time) = Timestamp::from_seconds(seconds) {
                prop_assert!((time.as_seconds() - seconds).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn whole_seconds_parse_and_nonsense_does_not() {
        let parse = |text| serde_json::from_str::<Timestamp>(text).ok();
        assert_eq!(parse("12"), Some(Timestamp::from_micros(12_000_000)));
        assert_eq!(parse("-1"), None);
        assert_eq!(parse("\"12\""), None);
        assert_eq!(parse("1e300"), None);
    }
}
