//! The two segments that Lambda itself would write around a function's subsegments.
//!
//! On AWS, user code cannot emit a segment in a function: SDKs send subsegments whose parent is the `Parent` of the trace
//! header, and the service adds `AWS::Lambda` (the call reached Lambda) and `AWS::Lambda::Function` (the function
//! ran). Where no Lambda service stands behind the function, nobody writes them, so a missing parent is taken for one.
//!
//! A long-running server that streams subsegments ahead of its segment looks the same, until the segment comes.

use serde_json::{Map, Value, json};
use xray_segment::EntityId;

use super::Entity;

/// `AWS::Lambda` and `AWS::Lambda::Function` around subsegments that name `parent`, an id nobody has.
pub(super) fn segments(parent: EntityId, subsegments: Vec<Value>) -> [Value; 2] {
    let seen = Seen::of(&subsegments);
    let service_id = other_id(parent);
    let service = seen.segment(service_id, "AWS::Lambda");
    let function = seen.segment(parent, "AWS::Lambda::Function");
    [
        seen.service(service),
        seen.function(function, service_id, subsegments),
    ]
}

/// An id that is the same each time the trace is compiled, and is not the given one.
pub(super) fn other_id(id: EntityId) -> EntityId {
    EntityId::from_bytes(id.as_bytes().map(|byte| byte.rotate_left(3) ^ 0x5a))
}

/// What the subsegments tell about the function.
struct Seen {
    name: String,
    trace_id: Value,
    start: f64,
    /// `None` while something is in progress.
    end: Option<f64>,
    arn: Option<String>,
    request_id: Option<String>,
    flags: Vec<&'static str>,
}

impl Seen {
    fn of(subsegments: &[Value]) -> Self {
        let all = || subsegments.iter().map(Entity::new);
        let first = |pointer: &str| all().find_map(|it| it.text(pointer)).map(str::to_owned);
        let ends: Option<Vec<f64>> = all()
            .map(|it| it.end().filter(|_| !it.in_progress()))
            .collect();
        let arn = first("/aws/function_arn").or_else(|| first("/resource_arn"));
        Self {
            name: function_name(arn.as_deref(), subsegments),
            trace_id: all()
                .find_map(|it| it.get("trace_id").cloned())
                .unwrap_or_default(),
            start: all()
                .filter_map(Entity::start)
                .fold(f64::INFINITY, f64::min),
            end: ends.and_then(|ends| ends.into_iter().reduce(f64::max)),
            request_id: first("/aws/request_id"),
            flags: ["error", "fault", "throttle"]
                .into_iter()
                .filter(|flag| all().any(|it| it.flag(flag)))
                .collect(),
            arn,
        }
    }

    fn segment(&self, id: EntityId, origin: &str) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        set("id", json!(id));
        set("name", json!(self.name));
        set("trace_id", self.trace_id.clone());
        set("start_time", json!(self.start));
        match self.end {
            Some(end) => set("end_time", json!(end)),
            None => set("in_progress", json!(true)),
        };
        set("origin", json!(origin));
        for flag in &self.flags {
            set(flag, json!(true));
        }
        if let Some(arn) = &self.arn {
            set("resource_arn", json!(arn));
        }
        fields
    }

    /// Lambda answers 200 also when the function failed.
    fn service(&self, mut fields: Map<String, Value>) -> Value {
        fields.insert("http".to_owned(), json!({"response": {"status": 200}}));
        let aws = match &self.request_id {
            Some(id) => json!({ "request_id": id }),
            None => json!({}),
        };
        fields.insert("aws".to_owned(), aws);
        Value::Object(fields)
    }

    fn function(
        &self,
        mut fields: Map<String, Value>,
        service: EntityId,
        mut subsegments: Vec<Value>,
    ) -> Value {
        fields.insert("parent_id".to_owned(), json!(service));
        let mut aws = json!({"resource_names": [self.name]});
        if let (Value::Object(aws), Some(arn)) = (&mut aws, &self.arn) {
            aws.insert("function_arn".to_owned(), json!(arn));
            if let Some(account) = arn.split(':').nth(4) {
                aws.insert("account_id".to_owned(), json!(account));
            }
        }
        fields.insert("aws".to_owned(), aws);
        for subsegment in subsegments.iter_mut().filter_map(Value::as_object_mut) {
            for field in ["trace_id", "parent_id", "type"] {
                subsegment.remove(field);
            }
        }
        fields.insert("subsegments".to_owned(), Value::Array(subsegments));
        Value::Object(fields)
    }
}

/// From the function's ARN where a subsegment has it; else the earliest subsegment's own name, which the Rust wrapper
/// gives the function's. Names of the form `## handler` are Powertools' for a method, and `platform` is what the extension tells of
/// Lambda's own measurements.
fn function_name(arn: Option<&str>, subsegments: &[Value]) -> String {
    let from_arn = arn
        .and_then(|arn| arn.split(':').nth(6))
        .filter(|name| !name.is_empty());
    let names = || subsegments.iter().map(|it| Entity::new(it).name());
    let is_own = |name: &&str| !name.is_empty() && !name.starts_with("## ") && *name != "platform";
    from_arn
        .or_else(|| names().find(is_own))
        .or_else(|| names().next())
        .unwrap_or("function")
        .to_owned()
}
