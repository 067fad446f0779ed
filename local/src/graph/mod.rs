//! Which services called which, how often, how fast and how well: the service graph and its course over time.
//!
//! ```text
//! trace ─▶ Traffic (who served, who called) ─┬▶ Graph  ─▶ Service…     GetServiceGraph, GetTraceGraph
//!                                            └▶ Series ─▶ Point…       GetTimeSeriesServiceStatistics
//! ```
//!
//! Both are sums to which one trace after the other is added, so that a range never has to fit into memory; and the order in
//! which traces are added changes nothing. So a graph may be kept (see rollup/), and graphs of parts be added up. Those of groups are
//! made when they are asked for, because a group may be changed at any time.

mod answer;
mod histogram;
mod measure;
mod node;
mod selector;
mod series;
mod stored;
mod traffic;
mod view;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::compile::Trace;
use crate::limits;
pub(crate) use answer::{Point, Service};
use histogram::Histogram;
use measure::{Measured, Span, Statistics};
pub(crate) use node::NodeId;
pub(crate) use selector::Selector;
pub(crate) use series::Series;
use traffic::Traffic;
pub(crate) use view::Health;

/// Services and calls of the traces added so far.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    places: HashMap<NodeId, usize>,
}

/// A service, a client, or something that was called and sent nothing itself.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Node {
    id: NodeId,
    is_root: bool,
    /// It sent segments itself.
    is_active: bool,
    /// Of the requests it served.
    span: Span,
    /// Of calls by it and to it: all there is of a client, and of a service while its first request goes on.
    called: Span,
    served: Statistics,
    #[serde(with = "stored::histogram")]
    durations: Histogram,
    /// By the place of what was called.
    calls: BTreeMap<usize, Edge>,
}

/// Calls from one node to another, as the caller saw them.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Edge {
    span: Span,
    statistics: Statistics,
}

impl Graph {
    /// Adds what a trace says. What has not ended is not counted.
    pub(crate) fn add(&mut self, trace: &Trace) {
        let traffic = Traffic::of(trace);
        for served in &traffic.served {
            if let Some(node) = self.node(&served.by) {
                node.is_active |= !served.segment.is_inferred();
                node.span.cover(&served.measured);
                node.served.add(&served.measured);
                node.durations.add(served.duration());
            }
        }
        for call in &traffic.calls {
            self.add_call(&call.from, &call.to, &call.measured);
        }
    }

    /// Adds what another graph says.
    pub(crate) fn merge(&mut self, other: &Self) {
        let places: Vec<_> = (other.nodes.iter()).map(|it| self.place(&it.id)).collect();
        for (from, place) in other.nodes.iter().zip(&places) {
            let Some(node) = place.and_then(|it| self.nodes.get_mut(it)) else {
                continue;
            };
            node.merge(from);
            for (called, edge) in &from.calls {
                if let Some(called) = places.get(*called).copied().flatten() {
                    node.calls.entry(called).or_default().merge(edge);
                }
            }
        }
    }

    /// Whether nothing was added, or nothing that has ended.
    pub(crate) const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn add_call(&mut self, from: &NodeId, to: &NodeId, measured: &Measured) {
        let Some(place) = self.place(to) else { return };
        if let Some(called) = self.nodes.get_mut(place) {
            called.is_root |= from.is_client();
            called.called.cover(measured);
        }
        if let Some(caller) = self.node(from) {
            caller.called.cover(measured);
            let edge = caller.calls.entry(place).or_default();
            edge.span.cover(measured);
            edge.statistics.add(measured);
        }
    }

    fn node(&mut self, id: &NodeId) -> Option<&mut Node> {
        let place = self.place(id)?;
        self.nodes.get_mut(place)
    }

    /// Where a node is; `None` when it would be one more than [`limits::GRAPH_NODES`].
    fn place(&mut self, id: &NodeId) -> Option<usize> {
        if let Some(place) = self.places.get(id) {
            return Some(*place);
        }
        let place = self.nodes.len();
        if place >= limits::GRAPH_NODES {
            return None;
        }
        self.places.insert(id.clone(), place);
        self.nodes.push(Node {
            id: id.clone(),
            ..Node::default()
        });
        Some(place)
    }
}

impl Node {
    /// Everything but the calls.
    fn merge(&mut self, other: &Self) {
        self.is_root |= other.is_root;
        self.is_active |= other.is_active;
        self.span.merge(other.span);
        self.called.merge(other.called);
        self.served.merge(&other.served);
        self.durations.merge(&other.durations);
    }
}

impl Edge {
    fn merge(&mut self, other: &Self) {
        self.span.merge(other.span);
        self.statistics.merge(&other.statistics);
    }
}
