//! Episodes of services that call each other, told as one incident with the service where it began.

use std::collections::{BTreeMap, BTreeSet};

use super::detector::{Detector, Episode, QUIET};
use super::minute::Minute;
use crate::graph::{Health, NodeId};

/// Services that failed unusually often, at one time and in one chain of calls.
#[derive(Clone, Debug)]
pub(crate) struct Incident {
    /// Minutes since 1970.
    pub(crate) first: u64,
    /// Minutes since 1970; the last bad one.
    pub(crate) last: u64,
    pub(crate) is_over: bool,
    /// The service that calls no other of the incident.
    pub(crate) root: NodeId,
    /// By how many faults they had more than usual, the most first.
    pub(super) services: Vec<(NodeId, Episode)>,
}

/// The incidents in some minutes before `end`, the oldest first; minutes are counted since 1970.
pub(crate) fn incidents(minutes: &BTreeMap<u64, Minute>, end: u64) -> Vec<Incident> {
    let mut calls = BTreeSet::new();
    let mut detectors: BTreeMap<&NodeId, Detector> = BTreeMap::new();
    for (minute, state) in minutes.range(..end) {
        calls.extend(&state.calls);
        for (service, health) in &state.services {
            detectors.entry(service).or_default().step(*minute, *health);
        }
    }
    let episodes = detectors.into_iter().flat_map(|(service, detector)| {
        let episodes = detector.finish(end);
        episodes.into_iter().map(move |it| (service.clone(), it))
    });
    let mut open: Vec<Vec<(NodeId, Episode)>> = Vec::new();
    for episode in episodes {
        let (joined, apart) = (open.into_iter())
            .partition::<Vec<_>, _>(|group| group.iter().any(|it| is_one(it, &episode, &calls)));
        open = apart;
        open.push(joined.into_iter().flatten().chain([episode]).collect());
    }
    let mut incidents: Vec<_> = open
        .into_iter()
        .filter_map(|it| incident(it, &calls))
        .collect();
    incidents.sort_by(|a, b| (a.first, &a.root).cmp(&(b.first, &b.root)));
    incidents
}

type Calls<'a> = BTreeSet<&'a (NodeId, NodeId)>;

/// One service after a short calm, or two of which one calls the other, at one time.
fn is_one(a: &(NodeId, Episode), b: &(NodeId, Episode), calls: &Calls<'_>) -> bool {
    let is_at_once = a.1.first <= b.1.last + QUIET && b.1.first <= a.1.last + QUIET;
    let pair = |from: &NodeId, to: &NodeId| calls.contains(&(from.clone(), to.clone()));
    is_at_once && (a.0 == b.0 || pair(&a.0, &b.0) || pair(&b.0, &a.0))
}

fn incident(mut services: Vec<(NodeId, Episode)>, calls: &Calls<'_>) -> Option<Incident> {
    services.sort_by(|a, b| {
        b.1.excess
            .total_cmp(&a.1.excess)
            .then_with(|| a.0.cmp(&b.0))
    });
    let calls_another = |service: &NodeId| {
        let mut others = services.iter().filter(|(it, _)| it != service);
        others.any(|(it, _)| calls.contains(&(service.clone(), it.clone())))
    };
    let deepest = services.iter().find(|(it, _)| !calls_another(it));
    let (root, _) = deepest.or(services.first())?;
    Some(Incident {
        first: services.iter().map(|(_, it)| it.first).min()?,
        last: services.iter().map(|(_, it)| it.last).max()?,
        is_over: services.iter().all(|(_, it)| it.is_over),
        root: root.clone(),
        services,
    })
}

impl Incident {
    /// Requests from outside, and those of the root cause service, up to and with a minute.
    pub(super) fn impact(&self, minutes: &BTreeMap<u64, Minute>, last: u64) -> (Health, Health) {
        let (mut clients, mut root) = (Health::default(), Health::default());
        for (_, state) in minutes.range(self.first..=last.max(self.first)) {
            clients.add(state.clients);
            root.add(state.services.get(&self.root).copied().unwrap_or_default());
        }
        (clients, root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Random;

    const CHAIN: [&str; 4] = ["shop", "orders", "stock", "table"];

    fn id(name: &str) -> NodeId {
        NodeId {
            name: name.to_owned(),
            ..NodeId::default()
        }
    }

    /// A chain of services of which each calls the next; from `bad` on, those above fail with it at two thirds of its rate each.
    fn chain(
        random: &mut Random,
        length: u64,
        bad: Option<(usize, u64, u64, f64)>,
    ) -> BTreeMap<u64, Minute> {
        (0..length)
            .map(|minute| {
                let mut state = Minute::default();
                let load = 40 + random.below(80);
                for (place, name) in CHAIN.iter().enumerate() {
                    let rate = match bad {
                        Some((at, from, to, rate))
                            if place <= at && (from..to).contains(&minute) =>
                        {
                            rate * 0.66_f64.powi(i32::try_from(at - place).unwrap())
                        }
                        _ => 0.005,
                    };
                    let fault = (0..load).filter(|_| random.chance(rate)).count() as u64;
                    let health = Health {
                        total: load,
                        fault,
                        ok: load - fault,
                    };
                    state.services.insert(id(name), health);
                    state
                        .calls
                        .extend(CHAIN.get(place + 1).map(|it| (id(name), id(it))));
                }
                (minute, state)
            })
            .collect()
    }

    #[test]
    fn generated_incidents_are_found_soon_and_with_their_root_cause() {
        let mut random = Random::new(7);
        let (mut delays, mut roots, mut false_alarms) = (Vec::new(), 0, 0);
        for _ in 0..100 {
            let at = usize::try_from(random.below(4)).unwrap();
            let from = 90 + random.below(60);
            let (length, rate) = (5 + random.below(30), 0.2 + 0.6 * random.part());
            let minutes = chain(&mut random, 240, Some((at, from, from + length, rate)));
            let is_true = |it: &&Incident| it.first <= from + length && it.last >= from;
            let all = incidents(&minutes, 240);
            false_alarms += all.iter().filter(|it| !is_true(it)).count();
            let found = all.iter().find(is_true).unwrap();
            roots += usize::from(found.root == id(CHAIN[at]));
            assert!(found.is_over);
            // The first minute at whose end somebody who looks is told of it.
            let told =
                (from..240).find(|it| incidents(&minutes, *it + 1).iter().any(|it| is_true(&it)));
            delays.push(told.unwrap() + 1 - from);
        }
        delays.sort_unstable();
        assert!(
            delays[50] <= 1 && delays[99] <= 3,
            "minutes until told: {delays:?}"
        );
        assert!(roots >= 95, "{roots} root causes of 100");
        assert!(
            false_alarms <= 1,
            "{false_alarms} false alarms in 400 hours of four services"
        );
    }

    #[test]
    fn quiet_days_have_no_incidents() {
        let mut random = Random::new(11);
        let minutes = chain(&mut random, 10 * 24 * 60, None);
        let found = incidents(&minutes, 10 * 24 * 60);
        assert!(
            found.len() <= 1,
            "{} false alarms in ten days of four services",
            found.len()
        );
    }

    #[test]
    fn services_that_do_not_call_each_other_have_incidents_of_their_own() {
        let mut random = Random::new(3);
        let mut minutes = chain(&mut random, 120, Some((1, 60, 80, 0.5)));
        for (minute, state) in &mut minutes {
            let fault = if (60..80).contains(minute) { 25 } else { 0 };
            let health = Health {
                total: 50,
                fault,
                ok: 50 - fault,
            };
            state.services.insert(id("elsewhere"), health);
        }
        let roots: Vec<_> = incidents(&minutes, 120)
            .into_iter()
            .map(|it| it.root.name)
            .collect();
        assert_eq!(roots, ["elsewhere", "orders"]);
    }
}
