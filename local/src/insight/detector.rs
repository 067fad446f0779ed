//! Whether a service fails more often than it used to: minute by minute, against its own last hour.
//!
//! The evidence is how improbable so many faults would be if nothing had changed (the Chernoff bound of a binomial
//! distribution, as a natural logarithm). It asks for no threshold of a rate: three faults in a hundred are an incident for
//! a service that never fails, and nothing for one that always fails so often.

use std::collections::VecDeque;

use crate::graph::Health;

/// Minutes with requests that are remembered.
const MEMORY: usize = 60;
/// Minutes with requests before which nothing is known of a service.
const KNOWN_MINUTES: usize = 5;
/// Requests before which nothing is known of a service.
const KNOWN_REQUESTS: u64 = 20;
/// Evidence that begins an episode: by chance once in 160,000 minutes of a service at most.
const BEGIN: f64 = 12.0;
/// Evidence with which a minute still belongs to it.
const GO_ON: f64 = 3.0;
/// Part of an episode's rate of faults that a minute has which belongs to it.
const ALIKE: f64 = 0.25;
/// Faults that begin an episode.
const FAULTS: u64 = 3;
/// Minutes looked at together, so that services with few requests are seen too.
const TOGETHER: u64 = 3;
/// Minutes without such faults that end an episode.
pub(super) const QUIET: u64 = 5;

/// Minutes in which a service failed unusually often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Episode {
    /// Minutes since 1970.
    pub(super) first: u64,
    /// Minutes since 1970; the last that was bad.
    pub(super) last: u64,
    /// Faults there would have been before, of each request.
    pub(super) usual: f64,
    /// In its bad minutes.
    pub(super) bad: Health,
    /// More faults than usual.
    pub(super) excess: f64,
    /// It has ended.
    pub(super) is_over: bool,
}

/// What is known of one service.
#[derive(Debug, Default)]
pub(super) struct Detector {
    /// Minutes in which nothing was unusual.
    memory: VecDeque<Health>,
    /// The last minutes, whatever they were.
    recent: VecDeque<(u64, Health)>,
    open: Option<Episode>,
    episodes: Vec<Episode>,
}

impl Detector {
    /// Takes the next minute with requests.
    pub(super) fn step(&mut self, minute: u64, health: Health) {
        self.end_quiet(minute);
        self.age(minute);
        self.recent.push_back((minute, health));
        let Some(usual) = self.usual() else { return };
        if let Some(episode) = &mut self.open {
            // As bad as before, about: some faults more than usual may be chance.
            let is_alike = rate(health) >= rate(episode.bad) * ALIKE;
            if is_alike && evidence(health, usual) >= GO_ON {
                episode.bad.add(health);
                episode.last = minute;
                episode.excess += excess(health, usual);
            }
        } else {
            self.open = self.beginning(minute, health, usual);
        }
    }

    /// What is recent no more was usual, unless an episode has begun; not sooner, or its first minutes would be.
    fn age(&mut self, minute: u64) {
        while let Some((_, health)) = self.recent.pop_front_if(|(it, _)| *it + TOGETHER <= minute) {
            if self.open.is_none() {
                self.learn(health);
            }
        }
    }

    /// The episodes up to a minute, the oldest first.
    pub(super) fn finish(mut self, end: u64) -> Vec<Episode> {
        self.end_quiet(end);
        self.episodes.extend(self.open);
        self.episodes
    }

    fn beginning(&self, minute: u64, health: Health, usual: f64) -> Option<Episode> {
        let mut together = Health::default();
        for (_, it) in &self.recent {
            together.add(*it);
        }
        let begins = |it: Health| it.fault >= FAULTS && evidence(it, usual) >= BEGIN;
        let first = if begins(health) {
            minute
        } else if begins(together) {
            self.recent.iter().find(|(_, it)| it.fault > 0)?.0
        } else {
            return None;
        };
        let recent = self.recent.iter().filter(|(it, _)| *it >= first);
        let mut bad = Health::default();
        for (_, it) in recent.clone() {
            bad.add(*it);
        }
        Some(Episode {
            first,
            last: minute,
            usual,
            bad,
            excess: recent.map(|(_, it)| excess(*it, usual)).sum(),
            is_over: false,
        })
    }

    fn end_quiet(&mut self, minute: u64) {
        if let Some(episode) = self.open.take_if(|it| it.last + QUIET < minute) {
            self.episodes.push(Episode {
                is_over: true,
                ..episode
            });
        }
    }

    /// Part of the requests that fail by a fault; `None` where too little is known.
    fn usual(&self) -> Option<f64> {
        let mut all = Health::default();
        for health in &self.memory {
            all.add(*health);
        }
        let is_known = self.memory.len() >= KNOWN_MINUTES && all.total >= KNOWN_REQUESTS;
        is_known.then(|| (as_f64(all.fault) + 0.5) / (as_f64(all.total) + 10.0))
    }

    fn learn(&mut self, health: Health) {
        self.memory.push_back(health);
        if self.memory.len() > MEMORY {
            self.memory.pop_front();
        }
    }
}

fn excess(health: Health, usual: f64) -> f64 {
    (as_f64(health.fault) - as_f64(health.total) * usual).max(0.0)
}

fn rate(health: Health) -> f64 {
    as_f64(health.fault) / as_f64(health.total.max(1))
}

/// How improbable so many faults are, where this part of all requests usually fails.
fn evidence(health: Health, usual: f64) -> f64 {
    let (total, rate) = (as_f64(health.total), rate(health));
    if rate <= usual {
        return 0.0;
    }
    let failed = rate * (rate / usual).ln();
    let rest = if rate < 1.0 {
        (1.0 - rate) * ((1.0 - rate) / (1.0 - usual)).ln()
    } else {
        0.0
    };
    total * (failed + rest)
}

#[expect(clippy::cast_precision_loss, reason = "for rates")]
pub(super) const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn episodes(minutes: &[(u64, u64)], end: u64) -> Vec<Episode> {
        let mut detector = Detector::default();
        for (minute, (total, fault)) in (0..).zip(minutes) {
            let ok = total - fault;
            let health = Health {
                total: *total,
                fault: *fault,
                ok,
            };
            if health.total > 0 {
                detector.step(minute, health);
            }
        }
        detector.finish(end)
    }

    #[test]
    fn faults_out_of_the_blue_are_an_episode_with_its_ends() {
        let mut minutes = vec![(100, 0); 20];
        minutes.extend([(100, 30); 4]);
        minutes.extend([(100, 0); 10]);
        let found = episodes(&minutes, 34);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].first, found[0].last, found[0].is_over),
            (20, 23, true)
        );
        assert!((110.0..=120.0).contains(&found[0].excess), "{found:?}");
    }

    #[test]
    fn what_always_fails_is_no_episode() {
        assert_eq!(episodes(&[(100, 30); 60], 60), []);
        assert_eq!(episodes(&[(10, 10); 60], 60), []);
    }

    #[test]
    fn an_episode_goes_on_until_it_was_quiet_for_long_enough() {
        let mut minutes = vec![(50, 0); 20];
        minutes.extend([(50, 20), (50, 0), (50, 0), (50, 20)]);
        let found = episodes(&minutes, 24);
        assert_eq!(
            (found[0].first, found[0].last, found[0].is_over),
            (20, 23, false)
        );
        assert!(!episodes(&minutes, 23 + QUIET)[0].is_over);
        assert!(episodes(&minutes, 24 + QUIET)[0].is_over);
    }

    #[test]
    fn a_service_with_few_requests_is_seen_over_some_minutes() {
        let mut minutes = vec![(2, 0); 30];
        minutes.extend([(2, 2), (2, 2)]);
        let found = episodes(&minutes, 32);
        assert_eq!((found[0].first, found[0].is_over), (30, false));
    }

    #[test]
    fn of_a_new_service_nothing_is_known() {
        assert_eq!(episodes(&[(100, 0), (100, 50), (100, 50)], 3), []);
    }
}
