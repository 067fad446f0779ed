//! A function that does what its event says: for the demo, the tests and measuring.
//!
//! `{"steps": [{"subsegment": "charge", "ms": 5, "annotations": {"order": "42"}, "steps": []}, {"fail": "declined"}]}`; see
//! `event.rs` for every step. Answers `{"trace_id": "...", "subsegments": N}`.

mod event;
mod steps;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use lambda_xray::Context;
use serde::Serialize;

use crate::event::Event;
use crate::steps::Performance;

#[derive(Serialize)]
struct Answer {
    /// Absent where the invocation came without a trace header.
    trace_id: Option<String>,
    /// Opened beside the function subsegment, whether they were recorded or not.
    subsegments: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_xray::run_concurrent(service_fn(handler)).await
}

async fn handler(event: LambdaEvent<Event>) -> Result<Answer, Error> {
    let performance = Performance::default();
    for _ in 0..event.payload.repeat {
        performance.run(&event.payload.steps).await?;
    }
    Ok(Answer {
        trace_id: Context::current().trace_id().map(|id| id.to_string()),
        subsegments: performance.subsegments(),
    })
}
