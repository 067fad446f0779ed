//! One rule at work in one process: it decides request by request and counts what it did.

use super::{Rate, Rule};
use crate::Timestamp;

const MICROS: u64 = 1_000_000;

/// This process's share of a rule's reservoir.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests in each second.
    pub per_second: u32,
    /// The last moment at which it holds.
    pub until: Timestamp,
}

/// What `GetSamplingTargets` tells a process about a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// The rule's rate.
    pub rate: Rate,
    /// A new quota; without one the old one goes on.
    pub quota: Option<Quota>,
}

/// What happened under a rule since the last report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that fell under the rule.
    pub requests: u64,
    /// Of these sampled by quota or rate. Borrowed ones are not among them.
    pub sampled: u64,
    /// Of these sampled without a quota.
    pub borrowed: u64,
}

/// Whether a request is sampled, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is, by the quota.
    Reserved,
    /// It is, ahead of a quota.
    Borrowed,
    /// It is, by the rate.
    Drawn,
    /// It is not.
    Passed,
}

impl Verdict {
    /// Whether the request is traced.
    pub const fn is_sampled(self) -> bool {
        !matches!(self, Self::Passed)
    }
}

/// A rule at work. Time and randomness come with each question.
///
/// ```
/// use xray_segment::Timestamp;
/// use xray_segment::sampling::{Rate, Sampler, Verdict};
///
/// let mut sampler = Sampler::new(Rate::try_from(0.05)?, 1);
/// let now = Timestamp::from_micros(1_480_615_200_010_000);
/// assert_eq!(sampler.decide(now, 0.5), Verdict::Borrowed);
/// assert_eq!(sampler.decide(now, 0.5), Verdict::Passed);
/// assert_eq!(sampler.decide(now, 0.01), Verdict::Drawn);
/// assert_eq!(sampler.report().requests, 3);
/// # Ok::<(), xray_segment::sampling::RateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    rate: Rate,
    may_borrow: bool,
    quota: Option<Quota>,
    /// The second, since 1970, in which the last request was reserved or borrowed.
    second: u64,
    /// Requests reserved or borrowed in that second.
    taken: u32,
    counts: Counts,
}

impl Sampler {
    /// A rule of which this process has no quota yet.
    pub fn new(rate: Rate, reservoir_size: u32) -> Self {
        Self {
            rate,
            may_borrow: reservoir_size > 0,
            quota: None,
            second: 0,
            taken: 0,
            counts: Counts::default(),
        }
    }

    /// Decides on a request at `now`; `random` is evenly distributed over 0 up to, but without, 1.
    pub fn decide(&mut self, now: Timestamp, random: f64) -> Verdict {
        let verdict = self.judge(now, random);
        let one = u64::from(verdict.is_sampled());
        self.counts.requests += 1;
        match verdict {
            Verdict::Borrowed => self.counts.borrowed += one,
            _ => self.counts.sampled += one,
        }
        verdict
    }

    fn judge(&mut self, now: Timestamp, random: f64) -> Verdict {
        let quota = self.quota.filter(|it| now <= it.until);
        let (limit, verdict) = match quota {
            Some(quota) => (quota.per_second, Verdict::Reserved),
            None => (u32::from(self.may_borrow), Verdict::Borrowed),
        };
        if self.take(now, limit) {
            verdict
        } else if self.rate.takes(random) {
            Verdict::Drawn
        } else {
            Verdict::Passed
        }
    }

    /// Takes one of the requests of this second. A clock that was set back begins a new second too.
    fn take(&mut self, now: Timestamp, limit: u32) -> bool {
        let second = now.as_micros() / MICROS;
        if second != self.second {
            (self.second, self.taken) = (second, 0);
        }
        let is_free = self.taken < limit;
        self.taken += u32::from(is_free);
        is_free
    }

    /// Takes over what X-Ray says.
    pub fn aim(&mut self, target: Target) {
        self.rate = target.rate;
        self.quota = target.quota.or(self.quota);
    }

    /// Takes over a changed rule; counts and quota go on.
    pub fn follow(&mut self, rule: &Rule) {
        self.rate = rule.fixed_rate;
        self.may_borrow = rule.reservoir_size > 0;
    }

    /// What happened since the last report; counting begins anew.
    pub fn report(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }
}
