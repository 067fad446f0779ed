//! Incidents in the shapes of the API.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::detector::as_f64;
use super::minute::Minute;
use super::{Incident, Told};
use crate::graph::{Health, NodeId};
use crate::group::Group;

/// Services that are named as the most anomalous.
const TOP: usize = 3;

/// `Insight` and `InsightSummary`, which are alike but for the time of the last change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Insight {
    #[serde(rename = "InsightId")]
    id: String,
    #[serde(rename = "GroupARN")]
    group_arn: String,
    group_name: String,
    root_cause_service_id: ServiceId,
    categories: [&'static str; 1],
    state: &'static str,
    start_time: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<f64>,
    #[serde(flatten)]
    course: Course,
    last_update_time: f64,
}

/// What is told anew at each change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Course {
    summary: String,
    client_request_impact_statistics: Impact,
    root_cause_service_request_impact_statistics: Impact,
    top_anomalous_services: Vec<Anomalous>,
}

/// A change of an insight: another service fails, or it is over.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Event {
    event_time: f64,
    #[serde(flatten)]
    course: Course,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Anomalous {
    service_id: ServiceId,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceId {
    name: String,
    names: [String; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
}

#[derive(Debug, Serialize)]
struct Impact {
    #[serde(rename = "FaultCount")]
    fault: u64,
    #[serde(rename = "OkCount")]
    ok: u64,
    #[serde(rename = "TotalCount")]
    total: u64,
}

/// A service of the graph of what an incident reached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ImpactNode {
    reference_id: usize,
    #[serde(flatten)]
    id: ServiceId,
    edges: Vec<ImpactEdge>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImpactEdge {
    reference_id: usize,
}

impl From<&NodeId> for ServiceId {
    fn from(node: &NodeId) -> Self {
        Self {
            name: node.name.clone(),
            names: [node.name.clone()],
            account_id: node.account.clone(),
            kind: node.kind.clone(),
        }
    }
}

impl From<Health> for Impact {
    fn from(health: Health) -> Self {
        Self {
            fault: health.fault,
            ok: health.ok,
            total: health.total,
        }
    }
}

impl Insight {
    /// The incident of a group, in the minutes it was found in.
    pub(crate) fn new(
        told: &Told,
        group: &Group,
        incident: &Incident,
        minutes: &BTreeMap<u64, Minute>,
    ) -> Self {
        let end = begin(incident.last + 1);
        Self {
            id: told.id.clone(),
            group_arn: group.arn.clone(),
            group_name: group.name.clone(),
            root_cause_service_id: (&incident.root).into(),
            categories: ["FAULT"],
            state: incident.state(),
            start_time: begin(incident.first),
            end_time: incident.is_over.then_some(end),
            course: incident.course(minutes, incident.last),
            last_update_time: end,
        }
    }
}

impl Incident {
    /// `ACTIVE` or `CLOSED`.
    pub(crate) const fn state(&self) -> &'static str {
        if self.is_over { "CLOSED" } else { "ACTIVE" }
    }

    /// What happened, the newest first: a service more failed, and at last none did.
    pub(crate) fn events(&self, minutes: &BTreeMap<u64, Minute>) -> Vec<Event> {
        let mut changes: BTreeSet<u64> = self.services.iter().map(|(_, it)| it.first).collect();
        changes.extend(self.is_over.then_some(self.last));
        let event = |minute: &u64| Event {
            event_time: begin(minute + 1),
            course: self.course(minutes, *minute),
        };
        changes.iter().rev().map(event).collect()
    }

    /// The root cause service and all that call it, as far as anybody did in the time.
    pub(crate) fn impact_graph(&self, minutes: &BTreeMap<u64, Minute>) -> Vec<ImpactNode> {
        let during = || minutes.range(self.first..=self.last).map(|(_, it)| it);
        let calls: BTreeSet<_> = during()
            .flat_map(|it| it.calls.iter().chain(&it.entries))
            .collect();
        let mut reached = BTreeSet::from([&self.root]);
        let mut waiting = vec![&self.root];
        while let Some(service) = waiting.pop() {
            let callers = calls.iter().filter(|(_, to)| to == service);
            waiting.extend(
                callers
                    .map(|(from, _)| from)
                    .filter(|it| reached.insert(it)),
            );
        }
        let number = |node: &NodeId| reached.iter().position(|it| *it == node);
        let nodes = reached
            .iter()
            .enumerate()
            .map(|(reference_id, node)| ImpactNode {
                reference_id,
                id: (*node).into(),
                edges: (calls.iter().filter(|(from, _)| from == *node))
                    .filter_map(|(_, to)| number(to))
                    .map(|reference_id| ImpactEdge { reference_id })
                    .collect(),
            });
        nodes.collect()
    }

    fn course(&self, minutes: &BTreeMap<u64, Minute>, until: u64) -> Course {
        let (clients, root) = self.impact(minutes, until);
        let known = self.services.iter().filter(|(_, it)| it.first <= until);
        let mut top: Vec<&NodeId> = Vec::new();
        for (service, _) in known {
            if !top.contains(&service) {
                top.push(service);
            }
        }
        let usual = self.services.iter().find(|(it, _)| *it == self.root);
        let usual = usual.map_or(0.0, |(_, it)| it.usual);
        let rate = as_f64(root.fault) / as_f64(root.total.max(1));
        Course {
            summary: format!(
                "{} failed in {:.1} % of its requests, usually in {:.1} %. Of {} requests of clients {} failed.",
                self.root.name,
                rate * 100.0,
                usual * 100.0,
                clients.total,
                clients.fault,
            ),
            client_request_impact_statistics: clients.into(),
            root_cause_service_request_impact_statistics: root.into(),
            top_anomalous_services: (top.into_iter().take(TOP))
                .map(|it| Anomalous {
                    service_id: it.into(),
                })
                .collect(),
        }
    }
}

/// Epoch seconds at which a minute begins.
pub(super) const fn begin(minute: u64) -> f64 {
    as_f64(minute) * 60.0
}
