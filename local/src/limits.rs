//! Every number that bounds what a client can make this process hold, once, with its reason.

use std::time::Duration;

/// What is larger here than at AWS, because nobody pays for it. With `--strict-limits` it is as small as there, so that what will not
/// pass there does not pass here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of one document.
    pub(crate) document_bytes: usize,
    /// Documents of one `PutTraceSegments`.
    pub(crate) documents_per_call: usize,
    /// How long ago a document may have ended.
    pub(crate) document_age: Option<Duration>,
    /// Trace ids of one `BatchGetTraces` or `GetTraceGraph`.
    pub(crate) traces_per_batch: usize,
    /// How long a range `GetTraceSummaries` may look at.
    pub(crate) summaries_range: Option<Duration>,
    /// How long a range `GetServiceGraph` may look at.
    pub(crate) graph_range: Option<Duration>,
}

impl Limits {
    /// With room, so that what was too large can be looked at.
    pub(crate) const GENEROUS: Self = Self {
        document_bytes: DOCUMENT_BYTES,
        documents_per_call: usize::MAX,
        document_age: None,
        traces_per_batch: TRACES_PER_BATCH,
        summaries_range: None,
        graph_range: None,
    };

    /// As AWS documents them or answers.
    pub(crate) const STRICT: Self = Self {
        document_bytes: 64_000,
        documents_per_call: 50,
        document_age: Some(Duration::from_hours(7 * 24)),
        traces_per_batch: 5,
        summaries_range: Some(Duration::from_hours(24)),
        graph_range: Some(Duration::from_hours(6)),
    };
}

/// Bytes of one request. The largest honest one is 50 documents of 64 kB, escaped as JSON strings.
pub const BODY_BYTES: usize = 16 << 20;

/// Bytes of one document, where limits are generous: so many that what AWS would not take can be looked at.
pub const DOCUMENT_BYTES: usize = 1 << 20;

/// How often the store is looked at for what is too old.
pub const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// After documents came, until the store is looked at for what is too much.
pub const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// Traces, and log events, that are forgotten at once; some tens of milliseconds in which nothing is stored.
pub const TRACES_PER_SWEEP: i64 = 4000;

/// Datagrams of the daemon's port that are stored at once.
pub const DATAGRAMS_PER_BATCH: usize = 1024;

/// Requests worked on at once; further ones wait before their body is read.
pub const REQUESTS: usize = 64;

/// Pages that watch at once.
pub const WATCHERS: usize = 32;

/// How long a client may take to send a body.
pub const BODY_TIME: Duration = Duration::from_secs(20);

/// How long open requests may take after the order to stop.
pub const CLOSE_TIME: Duration = Duration::from_secs(2);

/// Documents that one commit makes durable: many calls share the price of one write to disk.
pub const DOCUMENTS_PER_COMMIT: usize = 4096;

/// Connections that read at once; further readers wait.
pub const READERS: usize = 4;

/// Bytes of documents read for one trace; X-Ray keeps 500 kB. A trace with more says `LimitExceeded`.
pub const TRACE_BYTES: usize = 64 << 20;

/// Subsegments inside subsegments in a compiled trace; deeper ones are shown at this depth. Each is two levels of JSON,
/// of which many parsers (`serde_json` among them) read 128, and has contents of its own.
pub const DEPTH: usize = 50;

/// Traces a page of `GetTraceSummaries` has at most.
pub const SUMMARIES_PER_PAGE: usize = 100;

/// Traces read for one page of `GetTraceSummaries`. Where few match, a page has few or none and says where to go on, as
/// X-Ray's do, so that no answer lets a client wait for long.
pub const TRACES_PER_PAGE: usize = 2000;

/// Traces listed at once while a range is summed up.
pub const TRACES_PER_SCAN: usize = 1000;

/// Nodes of a service graph, as X-Ray's map has them; what would be one more is left out.
pub const GRAPH_NODES: usize = 10_000;

/// How long nothing of a minute has come before its graph is summed up ahead.
pub const SETTLE_TIME: Duration = Duration::from_secs(1);

/// Minutes whose graphs are summed up at once: of full ones some tenth of a second.
pub const MINUTES_PER_TURN: usize = 4;

/// Services a page of a graph has at most: so many that a page is nearly always all.
pub const SERVICES_PER_PAGE: usize = 1000;

/// Different values of a histogram; beyond, they are rounded.
pub const HISTOGRAM_VALUES: usize = 1000;

/// Periods of a time series in which there was something.
pub const PERIODS: usize = 10_000;

/// Periods a page of a time series has at most: six hours, minute by minute, are 360.
pub const PERIODS_PER_PAGE: usize = 1000;

/// Root causes a summary names at most.
pub const ROOT_CAUSES: usize = 10;

/// Steps of the way to a root cause that are told; segments that call each other in a circle would never end.
pub const ROOT_CAUSE_STEPS: usize = 200;

/// Trace ids one `BatchGetTraces` may ask for. X-Ray takes 5; clients that ask for a page of summaries at once exist.
pub const TRACES_PER_BATCH: usize = 200;

/// Insights that are remembered by their id; the oldest go.
pub const INSIGHTS: usize = 1000;

/// How long a range insights are looked for in, as X-Ray keeps them.
pub const INSIGHTS_RANGE: Duration = Duration::from_hours(30 * 24);

/// How long a range the graph of an insight may look at (API).
pub const IMPACT_RANGE: Duration = Duration::from_hours(6);

/// Marks of one document; one that has more may be anything that a filter asks for.
pub const MARKS_PER_DOCUMENT: usize = 250;

/// Traces that are looked at one by one where a filter's rarest mark has no more; beyond, the newest come first.
pub const FEW_TRACES: usize = 10_000;

/// Traces whose marks are looked at for the price of reading one.
pub const MARKED_PER_READ: usize = 20;

/// Different values that an analysis tells apart while it reads.
pub const ANALYSED_VALUES: usize = 10_000;

/// Values that an analysis tells; the rarer ones are told together.
pub const ANALYSED_ROWS: usize = 200;

/// Parts of a time, and steps of response times, that an analysis tells at most.
pub const ANALYSED_BUCKETS: usize = 500;

/// Sampling clients remembered for sharing a reservoir.
pub const SAMPLING_CLIENTS: usize = 1000;

/// Sampling rules besides the built-in one, as X-Ray has it.
pub const SAMPLING_RULES: usize = 25;

/// Reports of sampling that one `GetSamplingTargets` may bring (API model).
pub const SAMPLING_REPORTS: usize = 25;

/// Seconds for which the counts of sampling rules are kept: at most 26 rules times 360 periods.
pub const SAMPLING_COUNT_SECONDS: i64 = 3600;

/// Counts a page of `GetSamplingStatisticSummaries` has at most.
pub const SAMPLING_COUNTS_PER_PAGE: usize = 100;

/// Groups besides the built-in one, as X-Ray has it.
pub const GROUPS: usize = 25;

/// Characters of a filter expression, of a group or of a request.
pub const FILTER_EXPRESSION_CHARS: usize = 4096;

/// Levels of brackets and negations in a filter expression; people write three.
pub const FILTER_DEPTH: usize = 50;

/// Groups that one filter expression may ask for, together with those that groups ask for.
pub const FILTER_GROUPS: usize = 100;

/// Tags of one resource, as X-Ray has it.
pub const TAGS: usize = 50;

/// Resource policies, as X-Ray has it.
pub const POLICIES: usize = 5;

/// Bytes of a resource policy, as X-Ray has it.
pub const POLICY_BYTES: usize = 5 << 10;

/// Reports of daemons on themselves that are kept; the older ones go.
pub const TELEMETRY_RECORDS: u32 = 1000;

/// Trace ids one `StartTraceRetrieval` may ask for (API model).
pub const RETRIEVED_TRACES: usize = 100;

/// Retrievals that are remembered; the older ones go.
pub const RETRIEVALS: usize = 100;

/// How long a retrieval can be read, as X-Ray has it.
pub const RETRIEVAL_TIME: Duration = Duration::from_hours(1);

/// Traces in a page of a retrieval (API model).
pub const RETRIEVED_TRACES_PER_PAGE: usize = 5;

/// Spans of one trace in a page of a retrieval (API model); the rest follows on the next page.
pub const SPANS_PER_PAGE: usize = 100;

/// Bytes of a span's document above which its subsegments become spans of their own (API model).
pub const SPAN_BYTES: usize = 204_800;

/// Log events one `GetLogs` gives; a trace that printed more shows the first.
pub const LOG_EVENTS: usize = 10_000;

/// Characters of a request id or of a function's name in a log event; Lambda's have 36 and at most 64.
pub const NAME_CHARS: usize = 256;
