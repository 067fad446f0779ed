//! Graph and series in the shapes of the API. Lists are empty where there is nothing, never absent: clients sum without looking.

use serde::Serialize;

use super::histogram::Histogram;
use super::measure::Statistics;
use super::selector::Side;
use super::{Edge, Graph, Node};
use crate::clock::to_millis;

/// A node with its edges.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Service {
    reference_id: usize,
    names: [String; 1],
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    state: &'static str,
    start_time: f64,
    end_time: f64,
    edges: Vec<Call>,
    /// A client serves nothing: it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary_statistics: Option<Summary>,
    duration_histogram: Histogram,
    response_time_histogram: Histogram,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Call {
    reference_id: usize,
    start_time: f64,
    end_time: f64,
    summary_statistics: Summary,
    response_time_histogram: Histogram,
    aliases: [(); 0],
}

/// `ServiceStatistics` and `EdgeStatistics`, which are alike.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    ok_count: u64,
    error_statistics: Errors,
    fault_statistics: Faults,
    total_count: u64,
    total_response_time: f64,
}

#[derive(Debug, Serialize)]
struct Errors {
    #[serde(rename = "ThrottleCount")]
    throttle: u64,
    #[serde(rename = "OtherCount")]
    other: u64,
    #[serde(rename = "TotalCount")]
    total: u64,
}

#[derive(Debug, Serialize)]
struct Faults {
    #[serde(rename = "OtherCount")]
    other: u64,
    #[serde(rename = "TotalCount")]
    total: u64,
}

impl From<&Statistics> for Summary {
    fn from(it: &Statistics) -> Self {
        Self {
            ok_count: it.ok,
            error_statistics: Errors {
                throttle: it.throttle,
                other: it.error,
                total: it.throttle + it.error,
            },
            fault_statistics: Faults {
                other: it.fault,
                total: it.fault,
            },
            total_count: it.total(),
            total_response_time: to_millis(it.time.as_secs_f64()),
        }
    }
}

impl Graph {
    /// The nodes by name, type and account, numbered in that order: the same graph is always the same answer.
    pub(crate) fn into_services(self) -> Vec<Service> {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|place| self.nodes.get(*place).map(|it| &it.id));
        let mut numbers = vec![0; order.len()];
        for (number, place) in order.iter().enumerate() {
            if let Some(slot) = numbers.get_mut(*place) {
                *slot = number;
            }
        }
        let number = |place: usize| numbers.get(place).copied().unwrap_or_default();
        let nodes = self.nodes.into_iter().enumerate();
        let mut services: Vec<_> = nodes
            .map(|(place, node)| node.into_service(number(place), &number))
            .collect();
        services.sort_by_key(|it| it.reference_id);
        services
    }
}

impl Node {
    fn into_service(self, reference_id: usize, number: &dyn Fn(usize) -> usize) -> Service {
        let mut edges: Vec<_> = (self.calls.into_iter())
            .map(|(called, edge)| edge.into_call(number(called)))
            .collect();
        edges.sort_by_key(|it| it.reference_id);
        let is_client = self.id.is_client();
        let span = if self.served.total() > 0 {
            self.span
        } else {
            self.called
        };
        Service {
            reference_id,
            names: [self.id.name.clone()],
            name: self.id.name,
            root: self.is_root.then_some(true),
            account_id: self.id.account,
            kind: self.id.kind,
            state: if self.is_active { "active" } else { "unknown" },
            start_time: span.start,
            end_time: span.end,
            edges,
            summary_statistics: (!is_client).then(|| Summary::from(&self.served)),
            duration_histogram: self.durations,
            response_time_histogram: self.served.times,
        }
    }
}

impl Edge {
    fn into_call(self, reference_id: usize) -> Call {
        Call {
            reference_id,
            start_time: self.span.start,
            end_time: self.span.end,
            summary_statistics: Summary::from(&self.statistics),
            response_time_histogram: self.statistics.times,
            aliases: [],
        }
    }
}

/// What happened in one period.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Point {
    /// When the period began, in epoch seconds.
    timestamp: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    edge_summary_statistics: Option<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_summary_statistics: Option<Summary>,
    response_time_histogram: Histogram,
}

impl Point {
    pub(super) fn new(timestamp: f64, side: Side, statistics: Statistics) -> Self {
        let summary = Summary::from(&statistics);
        let (edge, service) = match side {
            Side::Calls => (Some(summary), None),
            Side::Service => (None, Some(summary)),
        };
        Self {
            timestamp,
            edge_summary_statistics: edge,
            service_summary_statistics: service,
            response_time_histogram: statistics.times,
        }
    }
}
