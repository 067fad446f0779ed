//! A service graph as people look at it: one row for each service, below what calls it.
//!
//! The graph is no tree: a service that several others call has its row, with all it calls, below the first of them; below
//! the others it is only named, with the numbers of those calls.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::compile::Status;

/// The rows of a graph, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// How many services there are, without clients.
    pub services: usize,
    /// Callers before those they call.
    pub rows: Vec<Row>,
}

/// A service, or all clients together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// How many rows it is nested in.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// X-Ray's type of it.
    pub kind: Option<String>,
    /// What this row is about.
    pub role: Role,
    /// The requests it served, or those that were made where it is only named.
    pub requests: Requests,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Those who send requests from outside.
    Clients,
    /// A service.
    #[default]
    Service,
    /// A service that has its row above.
    Again,
}

/// How many, how well and how fast.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Requests {
    /// All of them.
    pub total: u64,
    /// Those with a fault (5xx).
    pub faults: u64,
    /// Those that were throttled (429).
    pub throttles: u64,
    /// Those with another error of the client (4xx).
    pub errors: u64,
    /// Response times added up, in seconds.
    pub seconds: f64,
}

impl Requests {
    /// Reads a node's or an edge's `SummaryStatistics`; nothing where there are none.
    fn of(described: &Value) -> Self {
        let number = |pointer: &str| described.pointer(pointer).and_then(Value::as_u64);
        let count = |pointer| number(pointer).unwrap_or_default();
        let seconds = described.pointer("/SummaryStatistics/TotalResponseTime");
        Self {
            total: count("/SummaryStatistics/TotalCount"),
            faults: count("/SummaryStatistics/FaultStatistics/TotalCount"),
            throttles: count("/SummaryStatistics/ErrorStatistics/ThrottleCount"),
            errors: count("/SummaryStatistics/ErrorStatistics/OtherCount"),
            seconds: seconds.and_then(Value::as_f64).unwrap_or_default(),
        }
    }

    fn add(&mut self, more: Self) {
        self.total += more.total;
        self.faults += more.faults;
        self.throttles += more.throttles;
        self.errors += more.errors;
        self.seconds += more.seconds;
    }

    /// The worst that happened to any.
    pub const fn worst(&self) -> Status {
        if self.faults > 0 {
            Status::Fault
        } else if self.throttles > 0 {
            Status::Throttle
        } else if self.errors > 0 {
            Status::Error
        } else {
            Status::Ok
        }
    }

    /// The part that did not go well, 0 to 1.
    pub fn failed(&self) -> f64 {
        let failed = self.faults + self.throttles + self.errors;
        as_f64(failed) / as_f64(self.total.max(1))
    }

    /// Seconds that one took; `None` when there was none.
    pub fn average(&self) -> Option<f64> {
        (self.total > 0).then(|| self.seconds / as_f64(self.total))
    }
}

#[expect(clippy::cast_precision_loss, reason = "for shares and averages")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}

impl Map {
    /// Lays out the `Services` of `GetServiceGraph` or `GetTraceGraph`.
    pub fn new(services: &[Value]) -> Self {
        let (clients, others): (Vec<_>, Vec<_>) = services.iter().partition(|it| is_client(it));
        let mut layout = Layout {
            nodes: (services.iter())
                .filter_map(|it| Some((reference(it)?, it)))
                .collect(),
            seen: HashSet::new(),
            rows: Vec::new(),
        };
        if !clients.is_empty() {
            layout.add_clients(&clients);
        }
        // Services that nobody outside calls: the first request to what calls them goes on, or they call each other.
        let called: HashSet<_> = calls(&others).filter_map(|(_, it)| reference(it)).collect();
        let is_top = |it: &&&Value| reference(it).is_none_or(|it| !called.contains(&it));
        let tops: Vec<_> = others.iter().filter(is_top).chain(&others).collect();
        for top in tops {
            let number = reference(top);
            if number.is_some_and(|it| !layout.seen.contains(&it)) {
                layout.grow(vec![(0, number, None)]);
            }
        }
        Self {
            services: others.len(),
            rows: layout.rows,
        }
    }
}

fn is_client(service: &Value) -> bool {
    service.get("Type").and_then(Value::as_str) == Some("client")
}

fn reference(described: &Value) -> Option<u64> {
    described.get("ReferenceId")?.as_u64()
}

fn edges(service: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    let edges = service.get("Edges").and_then(Value::as_array);
    edges.into_iter().flatten()
}

fn calls<'a>(services: &[&'a Value]) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    let of = |service: &'a Value| edges(service).map(move |edge| (service, edge));
    services
        .iter()
        .copied()
        .flat_map(of)
        .collect::<Vec<_>>()
        .into_iter()
}

/// Rows so far, and the services that have one.
struct Layout<'a> {
    nodes: BTreeMap<u64, &'a Value>,
    seen: HashSet<u64>,
    rows: Vec<Row>,
}

/// A row to come: its depth, its service, the call that leads to it.
type Next<'a> = (usize, Option<u64>, Option<&'a Value>);

impl<'a> Layout<'a> {
    /// One row for all clients: that each service has its own says nothing to people.
    fn add_clients(&mut self, clients: &[&'a Value]) {
        let mut requests = Requests::default();
        let mut waiting = Vec::new();
        for (_, edge) in calls(clients) {
            requests.add(Requests::of(edge));
            waiting.push((1, reference(edge), Some(edge)));
        }
        self.rows.push(Row {
            name: "clients".to_owned(),
            role: Role::Clients,
            requests,
            ..Row::default()
        });
        waiting.sort_by_key(|(_, service, _)| std::cmp::Reverse(*service));
        self.grow(waiting);
    }

    /// The last that waits is next.
    fn grow(&mut self, mut waiting: Vec<Next<'a>>) {
        while let Some((depth, number, edge)) = waiting.pop() {
            let Some((number, service)) = number.and_then(|it| Some((it, *self.nodes.get(&it)?)))
            else {
                continue;
            };
            let is_new = self.seen.insert(number);
            let requests = Requests::of(edge.filter(|_| !is_new).unwrap_or(service));
            let text = |key| service.get(key).and_then(Value::as_str).map(str::to_owned);
            self.rows.push(Row {
                depth,
                name: text("Name").unwrap_or_default(),
                kind: text("Type"),
                role: if is_new { Role::Service } else { Role::Again },
                requests,
            });
            if is_new {
                let below = edges(service).rev();
                waiting.extend(below.map(|edge| (depth + 1, reference(edge), Some(edge))));
            }
        }
    }
}
