//! Retrievals: a set of traces that somebody asked for under a token, to be read page by page.
//!
//! On AWS a retrieval looks through logs for minutes. Here traces are at hand, so it is complete at once; what it gives
//! is what is there when it is read.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xray_segment::TraceId;

use crate::clock::to_millis;
use crate::compile::{Trace, compile};
use crate::constraint::{chars, count};
use crate::graph::Graph;
use crate::limits;
use crate::otel;
use crate::refusal::Refusal;
use crate::store::{Kept, Shelf, Snapshot, StoreError};

/// What was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Retrieval {
    token: String,
    ids: Vec<TraceId>,
    /// Epoch seconds: traces that were at work in this range.
    from: f64,
    to: f64,
    /// Epoch seconds.
    started: f64,
    cancelled: bool,
}

/// How documents of retrieved traces are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Format {
    /// As segments, with what is in them.
    #[default]
    #[serde(rename = "XRAY")]
    XRay,
    /// As spans of OpenTelemetry, one for each segment and subsegment.
    Otel,
}

/// How far a retrieval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    /// Everything can be read.
    Complete,
    /// Somebody wanted nothing of it any more.
    Cancelled,
    /// It was not read in time.
    Timeout,
}

/// A trace, or a part of one where it has many segments.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Retrieved {
    id: TraceId,
    /// Seconds.
    duration: f64,
    spans: Vec<Span>,
}

/// A segment or subsegment of a retrieved trace; the document is JSON inside a JSON string.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Span {
    id: String,
    document: String,
}

/// Where a page begins: a trace by its place in the request, and one of its spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) trace: usize,
    pub(crate) span: usize,
}

impl Kept for Retrieval {
    const KIND: &'static str = "retrieval";
}

/// Begins a retrieval and gives its token; the oldest ones make room for it.
pub(crate) fn start(
    shelf: &Shelf<'_>,
    ids: &[String],
    (from, to): (f64, f64),
    now: f64,
) -> Result<String, Refusal> {
    count("TraceIds", ids.len(), limits::RETRIEVED_TRACES)?;
    if to < from {
        return Err(Refusal::invalid("EndTime lies before StartTime"));
    }
    let parse = |text: &String| {
        TraceId::parse(text).map_err(|_| Refusal::Invalid(format!("{text:?} is no trace id")))
    };
    let mut ids: Vec<_> = ids.iter().map(parse).collect::<Result<_, _>>()?;
    let mut seen = HashSet::new();
    ids.retain(|it| seen.insert(*it));
    let retrieval = Retrieval {
        token: shelf.unique()?,
        ids,
        from,
        to,
        started: now,
        cancelled: false,
    };
    make_room(shelf, now)?;
    shelf.keep(&retrieval.token, &retrieval)?;
    Ok(retrieval.token)
}

fn make_room(shelf: &Shelf<'_>, now: f64) -> Result<(), StoreError> {
    let mut present: Vec<Retrieval> = shelf.all()?;
    present.sort_by(|one, other| other.started.total_cmp(&one.started));
    // One that has just timed out can still say so.
    let is_old = |it: &Retrieval| now - it.started > 2.0 * limits::RETRIEVAL_TIME.as_secs_f64();
    for (place, retrieval) in present.iter().enumerate() {
        if place + 1 >= limits::RETRIEVALS || is_old(retrieval) {
            shelf.remove::<Retrieval>(&retrieval.token)?;
        }
    }
    Ok(())
}

/// Ends a retrieval: nothing more can be read of it.
pub(crate) fn cancel(shelf: &Shelf<'_>, token: &str) -> Result<(), Refusal> {
    let mut retrieval = find(shelf, token)?;
    retrieval.cancelled = true;
    Ok(shelf.keep(token, &retrieval)?)
}

/// The retrieval of this token.
pub(crate) fn find(shelf: &Shelf<'_>, token: &str) -> Result<Retrieval, Refusal> {
    chars("RetrievalToken", token, 0..=1020)?;
    shelf.get(token)?.ok_or_else(|| Refusal::NotFound {
        what: "retrieval",
        name: token.to_owned(),
    })
}

impl Retrieval {
    /// How far it is at `now`.
    pub(crate) fn status(&self, now: f64) -> Status {
        if self.cancelled {
            Status::Cancelled
        } else if now - self.started > limits::RETRIEVAL_TIME.as_secs_f64() {
            Status::Timeout
        } else {
            Status::Complete
        }
    }

    /// A page of traces from a place on, and the place of the next.
    pub(crate) fn page(
        &self,
        snapshot: &Snapshot<'_>,
        mut place: Place,
        format: Format,
    ) -> Result<(Vec<Retrieved>, Option<Place>), StoreError> {
        let mut page = Vec::new();
        while let Some(id) = self.ids.get(place.trace) {
            if page.len() == limits::RETRIEVED_TRACES_PER_PAGE {
                return Ok((page, Some(place)));
            }
            if let Some(trace) = self.trace(snapshot, *id)? {
                let mut trace = Retrieved::new(*id, trace, format);
                let skipped = place.span.min(trace.spans.len());
                let rest = trace.spans.split_off(skipped);
                let is_more = rest.len() > limits::SPANS_PER_PAGE;
                trace.spans = rest;
                trace.spans.truncate(limits::SPANS_PER_PAGE);
                page.push(trace);
                if is_more {
                    place.span += limits::SPANS_PER_PAGE;
                    return Ok((page, Some(place)));
                }
            }
            place = Place {
                trace: place.trace + 1,
                span: 0,
            };
        }
        Ok((page, None))
    }

    /// Services and calls of all its traces.
    pub(crate) fn graph(&self, snapshot: &Snapshot<'_>) -> Result<Graph, StoreError> {
        let mut graph = Graph::default();
        for id in &self.ids {
            if let Some(trace) = self.trace(snapshot, *id)? {
                graph.add(&trace);
            }
        }
        Ok(graph)
    }

    /// The trace, if it is there and was at work in the range.
    fn trace(&self, snapshot: &Snapshot<'_>, id: TraceId) -> Result<Option<Trace>, StoreError> {
        let trace = snapshot.trace(id)?.map(|it| compile(it.bodies));
        Ok(trace.filter(|it| {
            let (start, end) = it.span();
            end >= self.from && start < self.to
        }))
    }
}

impl Retrieved {
    fn new(id: TraceId, trace: Trace, format: Format) -> Self {
        let (start, end) = trace.span();
        let mut spans = Vec::new();
        for segment in trace.segments {
            match format {
                Format::XRay => spread(segment, id, &mut spans),
                Format::Otel => {
                    let span = |(id, document)| Span { id, document };
                    spans.extend(otel::spans(&segment, id).into_iter().map(span));
                }
            }
        }
        Self {
            id,
            duration: to_millis(end - start),
            spans,
        }
    }
}

/// A document as a span; where it is too large for one, its subsegments become spans of their own.
fn spread(mut document: Value, trace: TraceId, spans: &mut Vec<Span>) {
    let mut text = document.to_string();
    let mut children = Vec::new();
    if text.len() > limits::SPAN_BYTES
        && let Some(Value::Array(found)) = document.get_mut("subsegments").map(Value::take)
    {
        children = found;
        if let Some(fields) = document.as_object_mut() {
            fields.remove("subsegments");
        }
        text = document.to_string();
    }
    let id = document.get("id").and_then(Value::as_str);
    let id = id.unwrap_or_default().to_owned();
    for child in &mut children {
        if let Some(fields) = child.as_object_mut() {
            fields.insert("type".to_owned(), json!("subsegment"));
            fields.insert("trace_id".to_owned(), json!(trace));
            fields.insert("parent_id".to_owned(), json!(id));
        }
    }
    spans.push(Span { id, document: text });
    for child in children {
        spread(child, trace, spans);
    }
}
