//! What functions write, to a local X-Ray: for development, so that it stands beside the traces. AWS's X-Ray takes no such call.
//!
//! One call at a time, with whatever came meanwhile; bounded in lines. Lines are not worth a second try, nor an invocation's time: what cannot be
//! posted is dropped and counted, and where nobody takes lines the rest is not offered.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use http::{Request, StatusCode};
use serde::Serialize;
use tokio::task::JoinSet;
use xray_segment::TraceId;

use super::xray::tls;
use crate::http::Pool;
use crate::lambda::Line;
use crate::log::{Level, Log};
use crate::settings::{Config, LOGS};

/// Lines that wait.
const MOST_WAITING: usize = 5000;

/// Lines of one call.
const MOST_AT_ONCE: usize = 500;

/// Invocations whose lines may come.
const MOST_RUNNING: usize = 64;

const IDLE: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(2);

/// Lines on their way.
#[derive(Debug)]
pub struct Logs {
    log: Log,
    pool: Arc<Pool>,
    uri: String,
    function: String,
    /// Those that have begun and not ended, by their ids.
    running: VecDeque<(String, Option<TraceId>)>,
    waiting: VecDeque<Event>,
    calls: JoinSet<Posted>,
    /// Whether nobody takes lines.
    is_off: bool,
    dropped: u64,
}

/// What became of a call.
#[derive(Debug)]
pub struct Posted {
    lines: usize,
    result: Result<StatusCode, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    time: f64,
    request_id: Option<String>,
    trace_id: Option<TraceId>,
    function: String,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    log_events: &'a [Event],
}

impl Logs {
    /// None when lines are not asked for, or there is no X-Ray but AWS's.
    pub fn new(config: &Config, log: &Log) -> Option<Self> {
        let (endpoint, function) = config.endpoint.as_ref().zip(config.logs.clone())?;
        Some(Self {
            log: log.clone(),
            pool: Arc::new(Pool::new(tls(config, log), IDLE)),
            uri: format!("{}/PutLogs", endpoint.trim_end_matches('/')),
            function,
            running: VecDeque::new(),
            waiting: VecDeque::new(),
            calls: JoinSet::new(),
            is_off: false,
            dropped: 0,
        })
    }

    /// Lines that were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether nothing is on its way.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.calls.is_empty()
    }

    /// An invocation began: lines that do not name theirs are its own, while no other one runs.
    pub fn begin(&mut self, request_id: String, trace_id: Option<TraceId>) {
        if self.running.len() == MOST_RUNNING {
            self.running.pop_front();
        }
        self.running.push_back((request_id, trace_id));
    }

    /// It ended.
    pub fn end(&mut self, request_id: &str) {
        self.running.retain(|(running, _)| running != request_id);
    }

    /// Takes a line, and sends what waits unless a call is under way.
    pub fn take(&mut self, line: Line) {
        if self.is_off {
            return;
        }
        let invocation = match &line.request_id {
            Some(id) => self.running.iter().find(|(running, _)| running == id),
            None if self.running.len() == 1 => self.running.front(),
            None => None,
        };
        let (request_id, trace_id) = match invocation {
            Some((request_id, trace_id)) => (Some(request_id.clone()), *trace_id),
            None => (line.request_id, None),
        };
        if self.waiting.len() == MOST_WAITING {
            self.waiting.pop_front();
            self.dropped += 1;
        }
        self.waiting.push_back(Event {
            time: line.at.map_or(0.0, xray_segment::Timestamp::as_seconds),
            request_id,
            trace_id,
            function: self.function.clone(),
            message: line.message,
        });
        self.post();
    }

    fn post(&mut self) {
        if !self.calls.is_empty() || self.waiting.is_empty() {
            return;
        }
        let lines = self.waiting.len().min(MOST_AT_ONCE);
        let events: Vec<_> = self.waiting.drain(..lines).collect();
        let request = self.request(&events);
        let pool = Arc::clone(&self.pool);
        self.calls.spawn(async move {
            let result = match request {
                Ok(request) => call(&pool, request).await,
                Err(reason) => Err(reason),
            };
            Posted { lines, result }
        });
    }

    fn request(&self, events: &[Event]) -> Result<Request<SdkBody>, String> {
        let body = Body { log_events: events };
        let body = serde_json::to_string(&body).map_err(|error| error.to_string())?;
        Request::post(&self.uri)
            .header("content-type", "application/json")
            .body(SdkBody::from(body))
            .map_err(|error| error.to_string())
    }

    /// Waits for a call to end; forever, when none is under way.
    pub async fn posted(&mut self) -> Posted {
        loop {
            match self.calls.join_next().await {
                Some(Ok(posted)) => return posted,
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Accounts for a call that ended, and sends what waits.
    pub fn settle(&mut self, posted: Posted) {
        let lines = posted.lines as u64;
        match posted.result {
            Ok(status) if status.is_success() => {}
            Ok(StatusCode::NOT_FOUND) => {
                self.dropped += lines + self.waiting.len() as u64;
                self.is_off = true;
                self.waiting.clear();
                self.say("takes no lines of functions (it may be too old a version)");
            }
            Ok(status) => {
                self.dropped += lines;
                self.say(&format!("refused lines of functions with {status}"));
            }
            Err(reason) => {
                self.dropped += lines;
                self.say(&format!("could not be given lines of functions ({reason})"));
            }
        }
        self.post();
    }

    fn say(&self, what: &str) {
        let text = format!("{} {what}; they are dropped: unset {}", self.uri, LOGS.name);
        self.log.once("logs", Level::Warn, &text);
    }
}

async fn call(pool: &Pool, request: Request<SdkBody>) -> Result<StatusCode, String> {
    match tokio::time::timeout(TIMEOUT, pool.send(request)).await {
        Ok(Ok(answer)) => Ok(answer.status()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer within 2 s".to_owned()),
    }
}
