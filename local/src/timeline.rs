//! A trace as people look at it: one row for each segment and subsegment, below what called it.
//!
//! Inferred segments have no row: the subsegment that called says the same.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use xray_segment::EntityId;

use crate::compile::{Entity, Status, Trace};

/// The rows of one trace, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// The trace's id, as it is to be shown.
    pub id: String,
    /// When it began, in epoch seconds.
    pub start: f64,
    /// Seconds from its first start to its last end.
    pub duration: f64,
    /// The worst status of any row.
    pub worst: Status,
    /// Something of it has not ended.
    pub in_progress: bool,
    /// Callers before those they call, siblings by start.
    pub rows: Vec<Row>,
}

/// One segment or subsegment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// How many rows it is nested in.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// What it ran on or called: a segment's origin (`AWS::Lambda::Function`), a subsegment's namespace (`aws`).
    pub kind: Option<String>,
    /// It is a segment, not a subsegment.
    pub is_segment: bool,
    /// How it went.
    pub status: Status,
    /// Seconds after the trace's start.
    pub offset: f64,
    /// Seconds it took; `None` while it is in progress.
    pub duration: Option<f64>,
    /// The status of its HTTP response.
    pub http_status: Option<u64>,
    /// Its annotations, by key.
    pub annotations: Vec<(String, Value)>,
    /// Its exceptions, each in one line.
    pub causes: Vec<String>,
}

impl Timeline {
    /// Lays out a compiled trace.
    pub fn new(id: &str, trace: &Trace) -> Self {
        let (start, end) = trace.span();
        let rows = Layout::new(trace).rows(start);
        Self {
            id: id.to_owned(),
            start,
            duration: end - start,
            worst: rows.iter().map(|row| row.status).max().unwrap_or_default(),
            in_progress: trace.in_progress(),
            rows,
        }
    }
}

/// Which segments hang below which entity.
struct Layout<'a> {
    tops: Vec<Entity<'a>>,
    below: HashMap<EntityId, Vec<Entity<'a>>>,
}

impl<'a> Layout<'a> {
    fn new(trace: &'a Trace) -> Self {
        let known: HashSet<EntityId> = trace.tree().filter_map(Entity::id).collect();
        let mut layout = Self {
            tops: Vec::new(),
            below: HashMap::new(),
        };
        for segment in trace.entities().filter(|it| !it.is_inferred()) {
            match segment.parent().filter(|it| known.contains(it)) {
                Some(parent) => layout.below.entry(parent).or_default().push(segment),
                None => layout.tops.push(segment),
            }
        }
        layout
    }

    /// Each segment is taken out of `below` when its turn comes, so that segments that call each other in a circle end;
    /// those are appended at the end.
    fn rows(mut self, start: f64) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut waiting: Vec<_> = self.tops.iter().rev().map(|it| (*it, 0, true)).collect();
        loop {
            while let Some((entity, depth, is_segment)) = waiting.pop() {
                rows.push(row(entity, depth, is_segment, start));
                let called = entity.id().and_then(|id| self.below.remove(&id));
                let called = called.into_iter().flatten().map(|it| (it, true));
                let mut children: Vec<_> = entity.subsegments().map(|it| (it, false)).collect();
                children.extend(called);
                children.sort_by(|(a, _), (b, _)| begin(*a).total_cmp(&begin(*b)));
                let children = children.into_iter().rev();
                waiting.extend(children.map(|(it, is_segment)| (it, depth + 1, is_segment)));
            }
            let Some(id) = self.below.keys().min_by_key(|id| *id.as_bytes()).copied() else {
                return rows;
            };
            let rest = self.below.remove(&id).into_iter().flatten();
            waiting.extend(rest.map(|it| (it, 0, true)));
        }
    }
}

fn begin(entity: Entity<'_>) -> f64 {
    entity.start().unwrap_or_default()
}

fn row(entity: Entity<'_>, depth: usize, is_segment: bool, start: f64) -> Row {
    let kind = entity.text("/origin").or(entity.text("/namespace"));
    let end = entity.end().filter(|_| !entity.in_progress());
    let mut annotations: Vec<_> = (entity.annotations())
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect();
    annotations.sort_by(|(a, _), (b, _)| a.cmp(b));
    Row {
        depth,
        name: entity.name().to_owned(),
        kind: kind.map(str::to_owned),
        is_segment,
        status: entity.status(),
        offset: (begin(entity) - start).max(0.0),
        duration: end.map(|end| (end - begin(entity)).max(0.0)),
        http_status: entity.http_status(),
        annotations,
        causes: entity.exceptions().map(exception).collect(),
    }
}

fn exception(exception: &Value) -> String {
    let text = |key: &str| exception.get(key).and_then(Value::as_str);
    match (text("type"), text("message")) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => "exception without a message".to_owned(),
    }
}
