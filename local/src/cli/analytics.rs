//! `xray-local analytics`: how long traces took, and what those that are slow or failed have in common.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::arguments::Analytics;
use super::client::Client;
use super::draw::{Analysis, Canvas};
use super::{CliError, Lookup, terminal};
use crate::clock;

/// Bars that still fit a screen.
const BUCKETS: u32 = 16;

pub(super) async fn analytics(asked: &Analytics, lookup: Lookup<'_>) -> Result<(), CliError> {
    let options = &asked.list.traces;
    let mut client = Client::connect(&options.endpoint, lookup).await?;
    let answer = client.call("/GetAnalytics", &question(asked)).await?;
    let mut out = stdout().lock();
    if options.look.json {
        writeln!(out, "{answer:#}")?;
    } else {
        let canvas = Canvas {
            width: terminal::width(&options.look, lookup),
            palette: terminal::palette(&options.look, lookup),
        };
        let analysis: Analysis = serde_json::from_value(answer)
            .map_err(|error| CliError::NoAnalysis(client.url().to_owned(), error))?;
        let text = canvas.analysis(&analysis, Some(&asked.by));
        out.write_all(text.as_bytes())?;
    }
    Ok(out.flush()?)
}

/// Set A is of the time asked for; B is of the same time with another filter, or of a time of the same length that ended earlier.
fn question(asked: &Analytics) -> Value {
    let (length, end) = (asked.list.traces.since.as_secs_f64(), clock::now() + 1.0);
    let period = |end: f64, filter: &Option<String>| json!({ "StartTime": end - 1.0 - length, "EndTime": end, "FilterExpression": filter });
    let mut question = period(end, &asked.list.filter);
    let compare = match (&asked.against, asked.before) {
        (None, None) => None,
        (against, before) => {
            let filter = against.as_ref().or(asked.list.filter.as_ref()).cloned();
            let earlier = before.map_or(0.0, |it| it.as_secs_f64());
            Some(period(end - earlier, &filter))
        }
    };
    if let Some(fields) = question.as_object_mut() {
        fields.insert("By".to_owned(), json!(asked.by));
        fields.insert("Buckets".to_owned(), json!(BUCKETS));
        fields.extend(compare.map(|it| ("Compare".to_owned(), it)));
    }
    question
}
