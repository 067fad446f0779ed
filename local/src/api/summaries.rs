//! `GetTraceSummaries`: the traces of a time range, newest first, a page at a time.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use xray_segment::TraceId;

use super::Service;
use super::error::ApiError;
use super::request::{Json, When};
use crate::clock;
use crate::compile::{compile, summarize};
use crate::constraint::span;
use crate::filter::Search;
use crate::group::Asked;
use crate::limits;
use crate::store::{Axis, Cursor, Listed, Scan, Snapshot, StoreError};

/// How long before a request its "now" may have been taken, where that was a whole second.
const JUST_PAST_SECONDS: f64 = 5.0;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    start_time: When,
    end_time: When,
    #[serde(default)]
    time_range_type: TimeRange,
    filter_expression: Option<String>,
    next_token: Option<String>,
    sampling: Option<bool>,
    sampling_strategy: Option<Strategy>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
enum TimeRange {
    /// When the trace started.
    #[default]
    TraceId,
    /// When something of it last arrived.
    Event,
    /// When its last segment ended.
    Service,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Strategy {
    name: Option<String>,
    value: Option<f64>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    trace_summaries: Vec<Map<String, Value>>,
    approximate_time: f64,
    traces_processed_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn get_trace_summaries(
    State(service): State<Arc<Service>>,
    Json(input): Json<Input>,
) -> Result<Json<Output>, ApiError> {
    let (When(from), When(to)) = (input.start_time, input.end_time);
    span(from, to, service.limits.summaries_range)?;
    let query = Query::new(&input, clock::now())?;
    let output = service
        .store
        .read(move |snapshot| query.answer(snapshot))
        .await??;
    Ok(Json(output))
}

/// A request that makes sense.
#[derive(Debug)]
struct Query {
    scan: Scan,
    /// The part of all traces that is asked for, 0 to 1.
    fraction: f64,
    asked: Asked,
}

impl Query {
    fn new(input: &Input, now: f64) -> Result<Self, ApiError> {
        let (When(from), When(to)) = (input.start_time, input.end_time);
        if to < from {
            return Err(ApiError::invalid("EndTime lies before StartTime"));
        }
        let after = input.next_token.as_deref().map(read_token).transpose()?;
        Ok(Self {
            scan: Scan {
                axis: input.time_range_type.axis(),
                from,
                to: open_end(to, now),
                after,
                limit: limits::SUMMARIES_PER_PAGE,
            },
            fraction: input.fraction(),
            asked: Asked::new(None, input.filter_expression.as_deref())?,
        })
    }

    /// A page that is full, or as much of one as [`limits::TRACES_PER_PAGE`] have. What cannot match is not
    /// read, by its marks.
    fn answer(self, snapshot: &Snapshot<'_>) -> Result<Result<Output, ApiError>, StoreError> {
        let search = match self.asked.clone().search(&snapshot.shelf()) {
            Ok(search) => search,
            Err(refused) => return Ok(Err(refused.into())),
        };
        let mut scan = self.scan;
        let finder = snapshot.finder(&scan, search.clues())?;
        let mut read = 0;
        let mut output = Output {
            approximate_time: scan.from,
            ..Output::default()
        };
        loop {
            let listed = finder.next(snapshot, &scan)?;
            for trace in &listed {
                if output.is_full(read) {
                    output.next_token = scan.after.map(write_token);
                    return Ok(Ok(output));
                }
                output.traces_processed_count += 1;
                output.approximate_time = trace.time;
                if finder.admits(snapshot, trace)? {
                    read += 1;
                    let summary = self.summary(snapshot, trace, &search)?;
                    output.trace_summaries.extend(summary);
                }
                scan.after = Some(Cursor {
                    time: trace.time,
                    id: trace.id,
                });
            }
            if listed.len() < scan.limit {
                return Ok(Ok(output));
            }
        }
    }

    /// The summary of a trace that is asked for.
    fn summary(
        &self,
        snapshot: &Snapshot<'_>,
        listed: &Listed,
        search: &Search,
    ) -> Result<Option<Map<String, Value>>, StoreError> {
        if !is_sampled(listed.id, self.fraction) {
            return Ok(None);
        }
        let trace = compile(snapshot.documents_of(listed)?.bodies);
        if !search.holds_of(&trace) {
            return Ok(None);
        }
        let mut summary = summarize(listed.id, &trace, listed.revision);
        if self.scan.axis == Axis::Updated {
            summary.insert("MatchedEventTime".to_owned(), listed.time.into());
        }
        Ok(Some(summary))
    }
}

impl Output {
    /// `read` of the traces were read, of the others only marks.
    const fn is_full(&self, read: usize) -> bool {
        let unread = self.traces_processed_count - read;
        let price = read + unread / limits::MARKED_PER_READ;
        self.trace_summaries.len() >= limits::SUMMARIES_PER_PAGE || price >= limits::TRACES_PER_PAGE
    }
}

impl TimeRange {
    const fn axis(self) -> Axis {
        match self {
            Self::TraceId => Axis::Start,
            Self::Event => Axis::Updated,
            Self::Service => Axis::End,
        }
    }
}

impl Input {
    /// `PartialScan` may leave traces out to be quick; here nothing has to be.
    fn fraction(&self) -> f64 {
        let strategy = self.sampling_strategy.as_ref();
        let fixed = strategy.filter(|it| it.name.as_deref() == Some("FixedRate"));
        match fixed.and_then(|it| it.value) {
            Some(value) if self.sampling == Some(true) => value,
            _ => 1.0,
        }
    }
}

/// The AWS CLI drops fractions of a second and takes a while to start: its "until now" means the whole of a second just past.
pub(super) fn open_end(to: f64, now: f64) -> f64 {
    let is_just_past = to.fract() == 0.0 && (now - JUST_PAST_SECONDS..=now + 1.0).contains(&to);
    if is_just_past { to + 1.0 } else { to }
}

/// The same traces each time, spread evenly over the random end of their ids.
fn is_sampled(id: TraceId, fraction: f64) -> bool {
    let random = id.as_bytes().last_chunk().copied().map(u32::from_be_bytes);
    f64::from(random.unwrap_or_default()) < fraction * 4_294_967_296.0
}

/// Where the next page begins: the last trace's time, bit for bit, and its id.
fn write_token(last: Cursor) -> String {
    format!("{:016x}{}", last.time.to_bits(), last.id.w3c())
}

fn read_token(token: &str) -> Result<Cursor, ApiError> {
    let cursor = token.split_at_checked(16).and_then(|(time, id)| {
        Some(Cursor {
            time: f64::from_bits(u64::from_str_radix(time, 16).ok()?),
            id: TraceId::parse(id).ok()?,
        })
    });
    cursor
        .filter(|it| it.time.is_finite())
        .ok_or_else(|| ApiError::invalid("NextToken is not one that this service gave"))
}
