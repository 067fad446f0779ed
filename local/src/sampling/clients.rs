//! Who uses which rule at the moment, so that its reservoir can be divided.
//!
//! Not kept over a restart: clients report every ten seconds, and until all have, the few that did get more than their share.

use std::collections::BTreeMap;

use xray_segment::sampling::share;

use crate::limits;

/// A client that was silent for this many seconds, three reports, has left.
const GONE_SECONDS: f64 = 30.0;

/// When each client was last heard of (epoch seconds), by rule.
#[derive(Debug, Default)]
pub(crate) struct Clients(BTreeMap<String, BTreeMap<String, f64>>);

impl Clients {
    /// Notes that a client uses a rule.
    pub(crate) fn heard(&mut self, rule: &str, client: &str, now: f64) {
        let clients = self.0.entry(rule.to_owned()).or_default();
        clients.retain(|_, seen| now - *seen < GONE_SECONDS);
        if clients.len() < limits::SAMPLING_CLIENTS || clients.contains_key(client) {
            clients.insert(client.to_owned(), now);
        }
    }

    /// A client's share of a rule's reservoir: the clients' ids decide who gets what is left over.
    pub(crate) fn share(&self, rule: &str, client: &str, reservoir: u32) -> u32 {
        let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        self.0.get(rule).map_or(0, |clients| {
            let place = clients.keys().position(|it| it == client);
            place.map_or(0, |place| {
                share(reservoir, number(clients.len()), number(place))
            })
        })
    }

    /// Forgets the rules that are no more.
    pub(crate) fn keep_rules(&mut self, is_there: impl Fn(&str) -> bool) {
        self.0.retain(|rule, _| is_there(rule));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_has_the_reservoir_and_two_share_it_until_one_leaves() {
        let mut clients = Clients::default();
        clients.heard("r", "b", 0.0);
        assert_eq!(clients.share("r", "b", 3), 3);
        clients.heard("r", "a", 1.0);
        clients.heard("other", "c", 1.0);
        assert_eq!(
            [clients.share("r", "a", 3), clients.share("r", "b", 3)],
            [2, 1]
        );
        clients.heard("r", "b", 40.0);
        assert_eq!(clients.share("r", "b", 3), 3, "the other one has left");
        assert_eq!(clients.share("r", "a", 3), 0);
        clients.keep_rules(|it| it == "other");
        assert_eq!(clients.share("r", "b", 3), 0);
    }

    #[test]
    fn clients_beyond_the_limit_get_no_share_and_take_no_memory() {
        let mut clients = Clients::default();
        for client in 0..limits::SAMPLING_CLIENTS + 10 {
            clients.heard("r", &format!("{client:024}"), 0.0);
        }
        assert_eq!(clients.0["r"].len(), limits::SAMPLING_CLIENTS);
    }
}
