//! Why a trace failed: the way from its root to the deepest part that carries the flag and says why.
//!
//! AWS publishes neither how many causes a trace may have nor which flags without an exception count. Observed is that
//! a failed function without a recorded exception has none; so a cause is what has exceptions, or is inferred.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use xray_segment::EntityId;

use super::node::Node as Place;
use super::{Entity, Trace};
use crate::clock::to_millis;
use crate::limits;

/// From here on a trace is slow. AWS does not say where; of real traces, one of 2.8 s had causes and one of 1.3 s had none.
const SLOW_SECONDS: f64 = 2.0;

/// The `FaultRootCauses` (flag `fault`) or `ErrorRootCauses` (flag `error`) of a trace.
pub(crate) fn causes(trace: &Trace, flag: &str) -> Vec<Value> {
    let calls = Calls::of(trace);
    let is_client_impacting = trace.root().is_some_and(|it| it.flag(flag));
    let culprits = calls.culprits(flag).take(limits::ROOT_CAUSES);
    culprits
        .map(|culprit| {
            let services = services(&calls.way_to(culprit), with_exceptions);
            json!({ "ClientImpacting": is_client_impacting, "Services": services })
        })
        .collect()
}

/// The `ResponseTimeRootCauses` of a slow trace: one way from its root, each time on to what took longest, as long as that is
/// most of the time.
pub(crate) fn slow(trace: &Trace) -> Vec<Value> {
    let root = trace.root().and_then(|it| Some((it, took(it)?)));
    let Some((root, whole)) = root.filter(|(_, took)| *took >= SLOW_SECONDS) else {
        return Vec::new();
    };
    let with_coverage = |entity: Entity<'_>| {
        let coverage = (took(entity).unwrap_or_default() / whole).min(1.0);
        json!({ "Name": entity.name(), "Remote": is_remote(entity), "Coverage": to_millis(coverage) })
    };
    let way = Calls::of(trace).slowest_way(root);
    vec![json!({ "ClientImpacting": true, "Services": services(&way, with_coverage) })]
}

fn took(entity: Entity<'_>) -> Option<f64> {
    Some(entity.end()? - entity.start()?)
}

/// Every entity of a trace, with what it is part of or was called by.
struct Calls<'a> {
    nodes: Vec<Node<'a>>,
}

#[derive(Clone, Copy)]
struct Node<'a> {
    entity: Entity<'a>,
    segment: Entity<'a>,
    is_segment: bool,
    parent: Option<usize>,
}

impl<'a> Calls<'a> {
    fn of(trace: &'a Trace) -> Self {
        let mut nodes = Vec::new();
        for segment in trace.entities() {
            let mut waiting = vec![(segment, None)];
            while let Some((entity, parent)) = waiting.pop() {
                let inside = entity.subsegments().rev();
                waiting.extend(inside.map(|it| (it, Some(nodes.len()))));
                nodes.push(Node {
                    entity,
                    segment,
                    is_segment: parent.is_none(),
                    parent,
                });
            }
        }
        let by_id: HashMap<EntityId, usize> = (nodes.iter().enumerate())
            .filter_map(|(place, node)| Some((node.entity.id()?, place)))
            .collect();
        for node in nodes.iter_mut().filter(|it| it.is_segment) {
            node.parent = node.entity.parent().and_then(|id| by_id.get(&id).copied());
        }
        Self { nodes }
    }

    /// What carries the flag, says why, and contains or called nothing that carries it too.
    fn culprits(&self, flag: &str) -> impl Iterator<Item = usize> {
        let mut is_passed_on = vec![false; self.nodes.len()];
        for node in self.nodes.iter().filter(|it| it.entity.flag(flag)) {
            if let Some(parent) = node.parent.and_then(|it| is_passed_on.get_mut(it)) {
                *parent = true;
            }
        }
        let says_why = |it: &Entity<'_>| it.is_inferred() || it.exceptions().next().is_some();
        let nodes = self.nodes.iter().zip(is_passed_on).enumerate();
        let is_culprit = move |node: &Node<'_>, is_passed_on: bool| {
            node.entity.flag(flag) && !is_passed_on && says_why(&node.entity)
        };
        nodes.filter_map(move |(place, (node, is_passed_on))| {
            is_culprit(node, is_passed_on).then_some(place)
        })
    }

    /// From the root, or from as far up as is told, to an entity.
    fn way_to(&self, culprit: usize) -> Vec<Node<'a>> {
        let step = |place: &usize| self.nodes.get(*place)?.parent;
        let places = std::iter::successors(Some(culprit), step).take(limits::ROOT_CAUSE_STEPS);
        let mut way: Vec<_> = places
            .filter_map(|place| self.nodes.get(place).copied())
            .collect();
        way.reverse();
        way
    }

    /// From the root down. An entity that is called by what it called, in a circle, is told once.
    fn slowest_way(&self, root: Entity<'_>) -> Vec<Node<'a>> {
        let is_root = |node: &Node<'_>| node.is_segment && node.entity.id() == root.id();
        let mut next = self.nodes.iter().position(is_root);
        let mut seen = HashSet::new();
        let mut way = Vec::new();
        while let Some((place, node)) = next.and_then(|it| Some((it, self.nodes.get(it)?))) {
            if !seen.insert(place) || way.len() >= limits::ROOT_CAUSE_STEPS {
                break;
            }
            way.push(*node);
            let most = took(node.entity).unwrap_or_default() / 2.0;
            let below = self.nodes.iter().enumerate();
            let below = below.filter(|(_, it)| it.parent == Some(place));
            let slow = below.filter_map(|(at, it)| Some((at, took(it.entity)?)));
            let slowest = slow.reduce(|a, b| if b.1 > a.1 { b } else { a });
            next = slowest.filter(|(_, took)| *took >= most).map(|(at, _)| at);
        }
        way
    }
}

/// The way, service by service, each with the part of the way inside it.
fn services(way: &[Node<'_>], entity: impl Fn(Entity<'_>) -> Value) -> Vec<Value> {
    let inside = way.chunk_by(|_, next| !next.is_segment);
    inside
        .filter_map(|part| {
            let segment = part.first()?.segment;
            let mut service = Place::of(segment).service_id();
            let fields = service.as_object_mut()?;
            // Grafana reads the type without looking whether it is there.
            fields.entry("Type").or_insert_with(|| json!(""));
            let path: Vec<_> = part.iter().map(|it| entity(it.entity)).collect();
            fields.insert("EntityPath".to_owned(), json!(path));
            fields.insert("Inferred".to_owned(), json!(segment.is_inferred()));
            Some(service)
        })
        .collect()
}

fn with_exceptions(entity: Entity<'_>) -> Value {
    let exceptions: Vec<_> = entity.exceptions().map(exception).collect();
    json!({ "Name": entity.name(), "Remote": is_remote(entity), "Exceptions": exceptions })
}

fn is_remote(entity: Entity<'_>) -> bool {
    entity.is_inferred() || entity.text("/namespace").is_some()
}

fn exception(exception: &Value) -> Value {
    let text = |key| exception.get(key).and_then(Value::as_str);
    json!({
        "Name": text("type").unwrap_or_default(),
        "Message": text("message").unwrap_or_default(),
    })
}
