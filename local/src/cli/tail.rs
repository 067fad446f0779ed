//! `xray-local tail`: a line for each trace as it ends, until it is interrupted.
//!
//! It asks again and again for the summaries of the last minutes, as every client of X-Ray must, and shows each trace once: when it
//! is complete or, where nothing ends it, after a while all the same.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{Write, stdout};
use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::Tail;
use super::client::Client;
use super::draw::Canvas;
use super::paint::time_of_day;
use super::{CliError, Lookup, terminal, traces};
use crate::clock;

/// Between two questions. A person sees a trace at once; a service is not bothered.
const PAUSE: Duration = Duration::from_millis(500);

/// Seconds looked back: longer than a Lambda function may run, so that a trace is found when it ends.
const WINDOW: f64 = 16.0 * 60.0;

/// Seconds after which a trace that is still in progress is shown as it stands.
const PATIENCE: f64 = 20.0;

/// Traces shown of one question.
const MOST: usize = 1000;

pub(super) async fn tail(options: &Tail, lookup: Lookup<'_>) -> Result<Infallible, CliError> {
    let mut client = Client::connect(&options.endpoint, lookup).await?;
    let canvas = Canvas {
        width: terminal::width(&options.look, lookup),
        palette: terminal::palette(&options.look, lookup),
    };
    let begin = clock::now() - options.since.as_secs_f64();
    let mut shown = Shown::default();
    if !options.look.json {
        say(&title(canvas))?;
    }
    loop {
        let now = clock::now();
        let input = json!({
            "StartTime": begin.max(now - WINDOW),
            "EndTime": now + 1.0,
            "FilterExpression": options.filter,
        });
        let found = traces::collect(&mut client, input, MOST).await?;
        for summary in shown.take(found, now) {
            say(&if options.look.json {
                format!("{summary}\n")
            } else {
                line(&summary, canvas)
            })?;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The traces that were shown, with their start, so that they can be forgotten when no question reaches so far back.
#[derive(Debug, Default)]
struct Shown(HashMap<String, f64>);

impl Shown {
    /// Those of the summaries whose turn has come, the oldest first.
    fn take(&mut self, found: Vec<Value>, now: f64) -> Vec<Value> {
        self.0.retain(|_, started| *started > now - 2.0 * WINDOW);
        let mut fresh: Vec<Value> = found
            .into_iter()
            .filter(|summary| is_due(summary, now) && self.is_new(summary))
            .collect();
        fresh.sort_by(|one, other| started(one).total_cmp(&started(other)));
        fresh
    }

    fn is_new(&mut self, summary: &Value) -> bool {
        let id = summary.get("Id").and_then(Value::as_str);
        id.is_some_and(|id| self.0.insert(id.to_owned(), started(summary)).is_none())
    }
}

fn is_due(summary: &Value, now: f64) -> bool {
    let is_partial = summary.get("IsPartial") == Some(&Value::Bool(true));
    !is_partial || now - started(summary) > PATIENCE
}

fn started(summary: &Value) -> f64 {
    let started = summary.get("StartTime").and_then(Value::as_f64);
    started.unwrap_or_default()
}

fn title(canvas: Canvas) -> String {
    let mut text = String::new();
    traces::title(&mut text, "UTC", canvas.palette);
    text
}

fn line(summary: &Value, canvas: Canvas) -> String {
    let mut text = String::new();
    traces::line(&mut text, &time_of_day(started(summary)), summary, canvas);
    text
}

fn say(text: &str) -> Result<(), CliError> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(id: &str, start: f64, is_partial: bool) -> Value {
        json!({ "Id": id, "StartTime": start, "IsPartial": is_partial })
    }

    fn ids(summaries: &[Value]) -> Vec<&str> {
        summaries
            .iter()
            .filter_map(|summary| summary.get("Id")?.as_str())
            .collect()
    }

    #[test]
    fn each_trace_is_shown_once_and_in_order() {
        let mut shown = Shown::default();
        let page = vec![summary("b", 101.0, false), summary("a", 100.0, false)];
        assert_eq!(ids(&shown.take(page.clone(), 102.0)), ["a", "b"]);
        assert!(shown.take(page, 102.5).is_empty());
    }

    #[test]
    fn one_in_progress_is_waited_for_but_not_for_ever() {
        let mut shown = Shown::default();
        let running = || vec![summary("a", 100.0, true)];
        assert!(shown.take(running(), 101.0).is_empty());
        assert_eq!(ids(&shown.take(running(), 100.1 + PATIENCE)), ["a"]);
        let ended = vec![summary("a", 100.0, false)];
        assert!(shown.take(ended, 101.0 + PATIENCE).is_empty());
    }

    #[test]
    fn what_no_question_can_find_again_is_forgotten() {
        let mut shown = Shown::default();
        shown.take(vec![summary("a", 100.0, false)], 101.0);
        shown.take(Vec::new(), 101.0 + 3.0 * WINDOW);
        assert!(shown.0.is_empty());
    }
}
