//! How many requests took how long: exact to the millisecond while the values are few, coarser in steps when they are many.
//!
//! When there are more than [`limits::HISTOGRAM_VALUES`] different values, all keep one binary digit less; so fast
//! requests stay finer than slow ones. Cutting digits twice is cutting them once, which makes the result a function of the
//! values, not of their order.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::limits;

/// Binary digits of a value that are kept at first: all.
const EXACT: u32 = u64::BITS;
/// Digits that are kept at the first cut: exact below a second.
const FIRST_CUT: u32 = 10;
/// Digits that are always kept: 12 % at worst, and at most a few hundred values for any length of time.
const LEAST: u32 = 4;

/// Counts by milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    counts: BTreeMap<u64, u64>,
    digits: u32,
}

/// One entry as the API writes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    /// Seconds.
    value: f64,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: BTreeMap::new(),
            digits: EXACT,
        }
    }
}

impl Histogram {
    pub(super) fn add(&mut self, took: Duration) {
        let rounded = took.saturating_add(Duration::from_micros(500));
        let millis = u64::try_from(rounded.as_millis()).unwrap_or(u64::MAX);
        *self.counts.entry(cut(millis, self.digits)).or_default() += 1;
        self.shorten();
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.digits < self.digits {
            self.cut_to(other.digits);
        }
        for (millis, count) in &other.counts {
            *self.counts.entry(cut(*millis, self.digits)).or_default() += count;
        }
        self.shorten();
    }

    /// Milliseconds and how often, fewest first, and the binary digits that are kept of them.
    pub(super) fn parts(&self) -> (impl ExactSizeIterator<Item = (u64, u64)>, u32) {
        let counts = self.counts.iter();
        (counts.map(|(millis, count)| (*millis, *count)), self.digits)
    }

    /// What [`Histogram::parts`] gave.
    pub(super) const fn of_parts(counts: BTreeMap<u64, u64>, digits: u32) -> Self {
        Self { counts, digits }
    }

    fn shorten(&mut self) {
        while self.counts.len() > limits::HISTOGRAM_VALUES && self.digits > LEAST {
            self.cut_to((self.digits - 1).min(FIRST_CUT));
        }
    }

    fn cut_to(&mut self, digits: u32) {
        self.digits = digits;
        for (millis, count) in std::mem::take(&mut self.counts) {
            *self.counts.entry(cut(millis, digits)).or_default() += count;
        }
    }
}

/// The number with all but its first binary digits set to zero.
const fn cut(number: u64, digits: u32) -> u64 {
    let length = u64::BITS - number.leading_zeros();
    let dropped = length.saturating_sub(digits);
    (number >> dropped) << dropped
}

impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.counts.iter().map(|(millis, count)| Entry {
            value: Duration::from_millis(*millis).as_secs_f64(),
            count: *count,
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(millis: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for millis in millis {
            histogram.add(Duration::from_millis(*millis));
        }
        histogram
    }

    #[test]
    fn few_values_are_exact_and_rounded_to_milliseconds() {
        let mut histogram = of(&[12, 12, 70_001]);
        histogram.add(Duration::from_micros(12_499));
        histogram.add(Duration::from_micros(12_500));
        let entries = serde_json::to_value(&histogram).unwrap();
        let expected = serde_json::json!([
            { "Value": 0.012, "Count": 3 }, { "Value": 0.013, "Count": 1 }, { "Value": 70.001, "Count": 1 },
        ]);
        assert_eq!(entries, expected);
    }

    #[test]
    fn many_values_are_few_entries_that_stay_close() {
        let millis: Vec<_> = (0..100_000).collect();
        let histogram = of(&millis);
        assert!(histogram.counts.len() <= limits::HISTOGRAM_VALUES);
        assert_eq!(histogram.counts.values().sum::<u64>(), 100_000);
        let highest = *histogram.counts.keys().next_back().unwrap();
        assert!((98_000..100_000).contains(&highest), "{highest}");
    }

    proptest! {
        #[test]
        fn order_does_not_matter(
            millis in prop::collection::vec(0_u64..1_000_000, 0..3000),
            seed in any::<u64>(),
        ) {
            let mut other = millis.clone();
            other.sort_by_key(|it| it.wrapping_mul(seed | 1).rotate_left(17));
            prop_assert_eq!(&of(&millis).counts, &of(&other).counts);
            let (first, rest) = other.split_at(other.len() / 3);
            let mut merged = of(first);
            merged.merge(&of(rest));
            prop_assert_eq!(of(&millis).counts, merged.counts);
        }
    }
}
