//! `xray-local generate`: traces of a shop that is not there, with an outage in it, so that there is something to look at.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::arguments::Generate;
use super::client::Client;
use super::{CliError, Lookup};
use crate::clock;
use crate::generate::{Outage, Plan, Service};

/// Documents of one call, as the X-Ray daemon sends them.
const TOGETHER: usize = 50;

pub(super) async fn generate(options: &Generate, lookup: Lookup<'_>) -> Result<(), CliError> {
    let mut client = Client::connect(&options.endpoint, lookup).await?;
    let documents: Vec<Value> = plan(options).traces().flatten().collect();
    for part in documents.chunks(TOGETHER) {
        let texts: Vec<_> = part.iter().map(Value::to_string).collect();
        let input = json!({ "TraceSegmentDocuments": texts });
        client.call("/TraceSegments", &input).await?;
    }
    Ok(writeln!(
        stdout().lock(),
        "{} traces, {} documents at {}",
        options.traces,
        documents.len(),
        client.url()
    )?)
}

/// Up to now; the orders' table fails half of its calls for a while in the middle.
fn plan(options: &Generate) -> Plan {
    let length = options.since.as_secs_f64();
    Plan {
        seed: options.seed,
        start: clock::now() - length,
        traces: options.traces,
        length,
        outages: vec![Outage {
            service: Service::Table,
            from: length * 0.5,
            to: length * 0.65,
            rate: 0.5,
        }],
    }
}
