//! A trace in the few lines that lists, searches and clients work with.
//!
//! Every field is present, empty where there is nothing: Grafana reads `Http` without looking whether it is there.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};
use xray_segment::TraceId;

use super::node::Node;
use super::{Entity, Status, Trace, root_cause};
use crate::clock::to_millis;

/// The `TraceSummary` of a compiled trace.
pub(crate) fn summarize(id: TraceId, trace: &Trace, revision: i64) -> Map<String, Value> {
    let root = trace.root();
    let status = root.map(Entity::status).unwrap_or_default();
    let (start, end) = trace.span();
    let begun = trace.entities().filter_map(Entity::start);
    let summary = json!({
        "Id": id,
        "StartTime": begun.reduce(f64::min).unwrap_or(start),
        "Duration": to_millis(end - start),
        "ResponseTime": to_millis(root.map(response_time).unwrap_or_default()),
        "HasFault": status == Status::Fault,
        "HasError": root.is_some_and(|it| it.flag("error")),
        "HasThrottle": trace.entities().any(|it| it.flag("throttle")),
        "IsPartial": trace.in_progress(),
        "Http": root.map(http).unwrap_or_default(),
        "Annotations": annotations(trace),
        "Users": users(trace),
        "ServiceIds": services(trace, root),
        "ResourceARNs": distinct(trace, "ARN", &["/resource_arn", "/aws/function_arn"]),
        "InstanceIds": distinct(trace, "Id", &["/aws/ec2/instance_id"]),
        "AvailabilityZones": distinct(trace, "Name", &["/aws/ec2/availability_zone", "/aws/ecs/availability_zone"]),
        "EntryPoint": root.map(service),
        "FaultRootCauses": root_cause::causes(trace, "fault"),
        "ErrorRootCauses": root_cause::causes(trace, "error"),
        "ResponseTimeRootCauses": root_cause::slow(trace),
        "Revision": revision,
    });
    match summary {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn response_time(segment: Entity<'_>) -> f64 {
    match (segment.start(), segment.end()) {
        (Some(start), Some(end)) => (end - start).max(0.0),
        _ => 0.0,
    }
}

fn http(root: Entity<'_>) -> Map<String, Value> {
    let mut http = Map::new();
    let texts = [
        ("HttpURL", "/http/request/url"),
        ("HttpMethod", "/http/request/method"),
        ("UserAgent", "/http/request/user_agent"),
        ("ClientIp", "/http/request/client_ip"),
    ];
    for (name, pointer) in texts {
        if let Some(text) = root.text(pointer) {
            http.insert(name.to_owned(), json!(text));
        }
    }
    if let Some(status) = root.http_status() {
        http.insert("HttpStatus".to_owned(), json!(status));
    }
    http
}

fn service(segment: Entity<'_>) -> Value {
    Node::of(segment).service_id()
}

/// Every service once, with the client that called the root.
fn services(trace: &Trace, root: Option<Entity<'_>>) -> Vec<Value> {
    let client = root.map(|root| {
        let name = root.name();
        json!({ "Name": name, "Names": [name], "Type": "client" })
    });
    let mut services = Distinct::default();
    for service in trace.entities().map(service).chain(client) {
        services.add(service);
    }
    services.list
}

/// Values in the order of their first appearance, each once, also when there are very many.
#[derive(Default)]
struct Distinct {
    list: Vec<Value>,
    known: HashSet<String>,
}

impl Distinct {
    fn add(&mut self, value: Value) {
        if self.known.insert(value.to_string()) {
            self.list.push(value);
        }
    }
}

/// The distinct values of one annotation, each with the services that said it.
#[derive(Default)]
struct Said<'a> {
    list: Vec<(&'a Value, Distinct)>,
    places: HashMap<String, usize>,
}

impl<'a> Said<'a> {
    fn add(&mut self, value: &'a Value, service: &Value) {
        let next = self.list.len();
        let place = *self.places.entry(value.to_string()).or_insert(next);
        if place == next {
            self.list.push((value, Distinct::default()));
        }
        if let Some((_, services)) = self.list.get_mut(place) {
            services.add(service.clone());
        }
    }
}

/// Key to distinct values, each with the services that said it.
fn annotations(trace: &Trace) -> Value {
    let mut by_key: BTreeMap<&str, Said<'_>> = BTreeMap::new();
    for segment in trace.entities() {
        let service = service(segment);
        for (key, value) in segment.tree().flat_map(Entity::annotations) {
            by_key.entry(key).or_default().add(value, &service);
        }
    }
    let entries = by_key.into_iter().map(|(key, said)| {
        let values: Vec<Value> = (said.list.into_iter())
            .filter_map(|(value, services)| {
                let value = annotation_value(value)?;
                Some(json!({ "AnnotationValue": value, "ServiceIds": services.list }))
            })
            .collect();
        (key.to_owned(), Value::Array(values))
    });
    Value::Object(entries.collect())
}

fn annotation_value(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(json!({ "StringValue": text })),
        Value::Number(number) => Some(json!({ "NumberValue": number })),
        Value::Bool(flag) => Some(json!({ "BooleanValue": flag })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn users(trace: &Trace) -> Vec<Value> {
    let mut by_name: BTreeMap<&str, Distinct> = BTreeMap::new();
    for segment in trace.entities() {
        if let Some(name) = segment.text("/user") {
            by_name.entry(name).or_default().add(service(segment));
        }
    }
    by_name
        .into_iter()
        .map(|(name, services)| json!({ "UserName": name, "ServiceIds": services.list }))
        .collect()
}

fn distinct(trace: &Trace, field: &str, pointers: &[&str]) -> Vec<Value> {
    let mut values = Distinct::default();
    for segment in trace.entities() {
        for text in pointers.iter().filter_map(|it| segment.text(it)) {
            values.add(json!({ field: text }));
        }
    }
    values.list
}
