//! How an X-Ray of the tests treats its calls: well, or in one of the ways in which the world goes wrong.

use std::time::Duration;

use serde_json::{Value, json};

/// How the endpoint treats a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Answers at once.
    Good,
    /// Answers after this time.
    Slow(Duration),
    /// Keeps the call, and answers it well when the mood changes.
    Holding,
    /// Answers with this status and stores nothing.
    Refusing(u16),
    /// Never answers, and stores nothing.
    Hanging,
    /// Reads the beginning of the call and breaks the connection; stores nothing.
    CuttingCalls,
    /// Stores all of it and breaks the connection in the middle of the answer: sending again cannot be avoided.
    CuttingAnswers,
    /// Stores all documents but the first of each call, which it says it did not process, with this code.
    LeavingOut(&'static str),
}

/// A call, as a plan is asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// 0 for the first one since the plan was set.
    pub number: usize,
    /// How long ago the plan was set.
    pub since: Duration,
}

/// The answer of a refusal: the body, and the name of the error in its header.
pub(crate) fn refusal(status: u16) -> (String, &'static str) {
    let kind = match status {
        403 => "AccessDeniedException",
        429 => "ThrottledException",
        _ => "InternalFailure",
    };
    let body = json!({ "__type": kind, "Message": "refused by the test" });
    (body.to_string(), kind)
}

/// The answer to a call of which these documents were not processed.
pub(crate) fn unprocessed(ids: &[Value], code: &str) -> String {
    let problem = |id| json!({ "Id": id, "ErrorCode": code, "Message": "left out by the test" });
    json!({ "UnprocessedTraceSegments": ids.iter().map(problem).collect::<Vec<_>>() }).to_string()
}
