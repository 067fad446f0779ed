//! Chance that is the same each time: `SplitMix64`, which needs no more than a number to begin with.

/// A source of numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number below another.
    pub const fn below(&mut self, end: u64) -> u64 {
        match end {
            0 => 0,
            _ => self.next() % end,
        }
    }

    /// Evenly from 0 to before 1.
    pub fn part(&mut self) -> f64 {
        super::as_f64(self.next() >> 11) / super::as_f64(1 << 53)
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.part() < probability
    }

    /// Seconds, half of them below this many milliseconds, few far above.
    pub fn time(&mut self, median_millis: f64) -> f64 {
        // Irwin and Hall's sum of twelve is close to a normal distribution.
        let normal = (0..12).map(|_| self.part()).sum::<f64>() - 6.0;
        median_millis / 1000.0 * (normal * 0.6).exp()
    }

    /// Any of some; the empty text of none.
    pub fn one_of(&mut self, all: &[&'static str]) -> &'static str {
        let place = usize::try_from(self.below(all.len() as u64)).unwrap_or_default();
        all.get(place).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_fair_and_the_same_each_time() {
        let mut random = Random::new(1);
        let hits = (0..100_000).filter(|_| random.chance(0.3)).count();
        assert!((29_000..31_000).contains(&hits), "{hits}");
        let numbers = |seed| {
            let mut random = Random::new(seed);
            [(); 4].map(|()| random.below(1000))
        };
        assert_eq!(numbers(5), numbers(5));
        assert_ne!(numbers(5), numbers(6));
    }

    #[test]
    fn half_of_the_times_are_below_the_median() {
        let mut random = Random::new(2);
        let short = (0..10_000).filter(|_| random.time(8.0) < 0.008).count();
        assert!((4700..5300).contains(&short), "{short}");
    }
}
