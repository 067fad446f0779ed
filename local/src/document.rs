//! Which documents are taken: the same ones over the API and over the daemon's port.
//!
//! Only what gives a document its place is looked at. Everything else stays as it came, known or not.

use serde_json::Value;
use thiserror::Error;
use xray_segment::name::legal_name;
use xray_segment::{EntityId, TraceId};

use crate::compile::Entity;
use crate::limits::Limits;
use crate::mark::marks;
use crate::store::{Accepted, Body};

/// A document that is not taken, in the words of the service.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("Invalid {kind}. ErrorCode: {code}")]
pub(crate) struct Unfit {
    /// Its id, where it has one.
    pub(crate) id: Option<String>,
    /// What is wrong.
    pub(crate) code: &'static str,
    kind: &'static str,
}

impl Unfit {
    fn new(document: &Value, code: &'static str) -> Self {
        let entity = Entity::new(document);
        let kind = if entity.is_subsegment() {
            "subsegment"
        } else {
            "segment"
        };
        Self {
            id: entity.text("/id").map(str::to_owned),
            code,
            kind,
        }
    }
}

/// Takes a document that came at `now`.
pub(crate) fn accept(body: String, limits: &Limits, now: f64) -> Result<Accepted, Unfit> {
    if body.len() > limits.document_bytes {
        return Err(Unfit::new(&Value::Null, "DocumentTooLarge"));
    }
    let value: Value =
        serde_json::from_str(&body).map_err(|_| Unfit::new(&Value::Null, "ParseError"))?;
    let checked = check(&value)
        .and_then(|checked| in_time(checked, limits, now))
        .map_err(|code| Unfit::new(&value, code))?;
    Ok(Accepted {
        body: Body::new(body),
        marks: marks(&value),
        ..checked
    })
}

/// The fields without which a document has no place.
fn check(document: &Value) -> Result<Accepted, &'static str> {
    let entity = Entity::new(document);
    if !document.is_object() {
        return Err("ParseError");
    }
    let id = required(entity, "id", "MissingId", "InvalidId", EntityId::parse)?;
    let trace = required(
        entity,
        "trace_id",
        "MissingTraceId",
        "InvalidTraceId",
        TraceId::parse,
    )?;
    if entity.is_subsegment() {
        required(
            entity,
            "parent_id",
            "MissingParentId",
            "InvalidParentId",
            EntityId::parse,
        )?;
    }
    check_names(entity)?;
    let start =
        time(entity.get("start_time").ok_or("MissingStartTime")?).ok_or("InvalidStartTime")?;
    let end = match entity.get("end_time") {
        Some(end) => Some(time(end).ok_or("InvalidEndTime")?),
        None => None,
    };
    Ok(Accepted {
        trace,
        id,
        in_progress: entity.in_progress(),
        start,
        end: end.unwrap_or(start),
        body: Body::Text(String::new()),
        marks: Vec::new(),
    })
}

/// Without a limit documents of any age are taken: W3C trace ids carry no time, and who tries something out makes up times.
fn in_time(document: Accepted, limits: &Limits, now: f64) -> Result<Accepted, &'static str> {
    let age = limits.document_age.map(|it| it.as_secs_f64());
    match age {
        Some(age) if now - document.end > age => Err("InvalidStartTime"),
        _ => Ok(document),
    }
}

fn required<T, E>(
    entity: Entity<'_>,
    field: &str,
    missing: &'static str,
    invalid: &'static str,
    parse: fn(&str) -> Result<T, E>,
) -> Result<T, &'static str> {
    let text = entity.get(field).ok_or(missing)?.as_str().ok_or(invalid)?;
    parse(text).map_err(|_| invalid)
}

fn check_names(document: Entity<'_>) -> Result<(), &'static str> {
    for entity in document.tree() {
        let name = entity.get("name").ok_or("MissingName")?;
        let name = name.as_str().ok_or("InvalidName")?;
        if legal_name(name) != name {
            return Err("InvalidName");
        }
    }
    Ok(())
}

/// Epoch seconds. Milliseconds, a common mistake, lie thousands of years ahead.
fn time(value: &Value) -> Option<f64> {
    value.as_f64().filter(|it| (0.0..1e11).contains(it))
}
