//! Response times of any number of traces in little memory: counts by steps of two percent.
//!
//! Percentiles are the mean of their step, so that they are exact where a step has one value, as with few traces, and off by less than
//! two percent otherwise. Steps are the same for all, so that two sets can be laid over each other.

use std::collections::BTreeMap;

use super::whole;

/// What is faster is one step, seconds.
const LEAST: f64 = 0.000_1;
/// From one step to the next.
const RATIO: f64 = 1.02;

/// Counts by step.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    steps: BTreeMap<usize, Step>,
    count: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Step {
    count: u64,
    seconds: f64,
}

impl Times {
    pub(super) fn add(&mut self, seconds: f64) {
        let step = self.steps.entry(step(seconds)).or_default();
        step.count += 1;
        step.seconds += seconds;
        self.count += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (place, more) in &other.steps {
            let step = self.steps.entry(*place).or_default();
            step.count += more.count;
            step.seconds += more.seconds;
        }
        self.count += other.count;
    }

    /// Seconds within which this part, 0 to 1, of the traces answered; 0 where there are none.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rank among more than 2^52 may be one off"
    )]
    pub(super) fn percentile(&self, part: f64) -> f64 {
        let rank = (self.count as f64 * part).ceil().max(1.0);
        let mut seen = 0;
        for step in self.steps.values() {
            seen += step.count;
            if seen as f64 >= rank {
                return step.seconds / step.count as f64;
            }
        }
        0.0
    }

    /// First and last step that has any.
    pub(super) fn ends(&self) -> Option<(usize, usize)> {
        let first = self.steps.first_key_value()?;
        let last = self.steps.last_key_value()?;
        Some((*first.0, *last.0))
    }

    /// How many are in the steps from one to before another.
    pub(super) fn between(&self, from: usize, to: usize) -> u64 {
        self.steps.range(from..to).map(|(_, it)| it.count).sum()
    }
}

/// The step that a time is in.
fn step(seconds: f64) -> usize {
    if seconds < LEAST {
        return 0;
    }
    whole((seconds / LEAST).log(RATIO)) + 1
}

/// Seconds at which a step begins.
pub(super) fn begin(step: usize) -> f64 {
    match i32::try_from(step) {
        Ok(0) => 0.0,
        Ok(step) => LEAST * RATIO.powi(step - 1),
        Err(_) => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_times_have_exact_percentiles() {
        let mut times = Times::default();
        for seconds in [0.2, 0.1, 5.0, 0.0] {
            times.add(seconds);
        }
        assert_eq!(times.percentile(0.5).to_bits(), 0.1_f64.to_bits());
        assert_eq!(times.percentile(0.99).to_bits(), 5.0_f64.to_bits());
        assert_eq!(times.percentile(0.0).to_bits(), 0.0_f64.to_bits());
        assert_eq!(
            Times::default().percentile(0.5).to_bits(),
            0.0_f64.to_bits()
        );
    }

    proptest! {
        #[test]
        fn percentiles_are_off_by_two_percent_at_most(
            mut seconds in prop::collection::vec(0.001_f64..1000.0, 1..500),
            part in 0.01_f64..1.0,
        ) {
            let mut times = Times::default();
            for it in &seconds {
                times.add(*it);
            }
            seconds.sort_by(f64::total_cmp);
            let rank = whole((super::super::as_f64(seconds.len()) * part).ceil()).max(1);
            let (exact, told) = (seconds[rank - 1], times.percentile(part));
            prop_assert!((told / exact - 1.0).abs() <= 0.021, "{told} for {exact}");
        }

        #[test]
        fn a_time_lies_in_its_step(seconds in 0.0_f64..1e9) {
            let place = step(seconds);
            prop_assert!(begin(place) <= seconds * 1.000_001 && seconds <= begin(place + 1) * 1.000_001);
        }
    }
}
