//! How often invocations come: whether the next one will be there before anybody misses what this one left unsent.
//!
//! A mean of the gaps between them that forgets, with a wide space between going over to *often* and back, so that it does not change
//! its mind with every invocation. Gaps are measured by the wall clock: a frozen process's monotonic clock may stand still.

use std::time::{Duration, SystemTime};

/// With a mean gap up to this, the next invocation is there before a trace would show in the console anyway.
const OFTEN: Duration = Duration::from_secs(1);

/// With a mean gap above this, somebody would wait for the trace.
const RARE: Duration = Duration::from_secs(5);

/// One gap as long as this ends the burst, whatever came before.
const PAUSE: Duration = Duration::from_secs(15);

/// Gaps that must have been seen before they are believed.
const ENOUGH: u32 = 8;

/// What the newest gap counts against all before.
const WEIGHT: f64 = 0.2;

/// The rate of invocations.
#[derive(Clone, Debug, Default)]
pub(super) struct Rate {
    last: Option<SystemTime>,
    mean: f64,
    gaps: u32,
    often: bool,
}

impl Rate {
    /// An invocation began; whether they come often now.
    pub(super) fn invoked(&mut self, at: SystemTime) -> bool {
        let gap = self.last.map(|last| {
            // A clock that was set back says nothing: better early traces than late ones.
            at.duration_since(last).unwrap_or(PAUSE)
        });
        self.last = Some(at);
        match gap {
            None => {}
            Some(gap) if gap >= PAUSE => (self.gaps, self.often) = (0, false),
            Some(gap) => self.learn(gap.as_secs_f64()),
        }
        self.often
    }

    fn learn(&mut self, gap: f64) {
        self.mean = if self.gaps == 0 {
            gap
        } else {
            self.mean + WEIGHT * (gap - self.mean)
        };
        self.gaps = self.gaps.saturating_add(1);
        let bound = if self.often { RARE } else { OFTEN };
        self.often = self.gaps >= ENOUGH && self.mean <= bound.as_secs_f64();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What was answered after each of these gaps in milliseconds.
    fn answers(gaps: impl IntoIterator<Item = u64>) -> Vec<bool> {
        let mut rate = Rate::default();
        let mut at = SystemTime::UNIX_EPOCH;
        rate.invoked(at);
        let answer = |gap| {
            at += Duration::from_millis(gap);
            rate.invoked(at)
        };
        gaps.into_iter().map(answer).collect()
    }

    #[test]
    fn a_burst_is_believed_after_some_invocations() {
        let answers = answers([100; 20]);
        assert_eq!(answers.iter().position(|often| *often), Some(7));
        assert!(answers[7..].iter().all(|often| *often));
    }

    #[test]
    fn between_the_bounds_it_stays_as_it_is() {
        assert!(answers([3_000; 100]).iter().all(|often| !often));
        let burst = answers([100; 10].into_iter().chain([3_000; 100]));
        assert!(burst[10..].iter().all(|often| *often));
    }

    #[test]
    fn a_slower_rate_ends_it() {
        let answers = answers([100; 10].into_iter().chain([8_000; 10]));
        let over = answers[10..].iter().position(|often| !often);
        assert!(matches!(over, Some(2..=6)), "{over:?}");
    }

    #[test]
    fn a_clock_that_is_set_back_ends_it() {
        let mut rate = Rate::default();
        for second in 0..20 {
            rate.invoked(SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000 + second));
        }
        assert!(rate.often);
        assert!(!rate.invoked(SystemTime::UNIX_EPOCH));
    }

    proptest! {
        #[test]
        fn no_rate_is_often_without_a_short_gap(gaps in prop::collection::vec(1_001_u64..100_000, 0..100)) {
            prop_assert!(answers(gaps).iter().all(|often| !often));
        }

        #[test]
        fn a_steady_rate_changes_its_mind_once_at_most(gap in 1_u64..100_000, count in 0_usize..100) {
            let answers = answers(std::iter::repeat_n(gap, count));
            let changes = answers.windows(2).filter(|pair| pair[0] != pair[1]).count();
            prop_assert!(changes <= 1);
            prop_assert!(!answers.first().copied().unwrap_or_default());
        }

        #[test]
        fn a_pause_ends_any_burst(gaps in prop::collection::vec(0_u64..100_000, 0..100), pause in 15_000_u64..1_000_000) {
            let answers = answers(gaps.into_iter().chain([pause]));
            prop_assert_eq!(answers.last(), Some(&false));
        }
    }
}
