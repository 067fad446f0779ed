//! `xray-local traces`: a line for each trace, the newest first.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::arguments::Newest;
use super::client::Client;
use super::draw::Canvas;
use super::paint::{Ink, Palette, columns, duration, fit, harmless};
use super::{CliError, Lookup, terminal};
use crate::{Status, clock};

/// Traces that are drawn where no number is asked for: what a terminal shows at once.
const DRAWN: usize = 30;

/// Traces that are printed as JSON where no number is asked for.
const PRINTED: usize = 1000;

pub(super) async fn traces(asked: &Newest, lookup: Lookup<'_>) -> Result<(), CliError> {
    let options = &asked.list.traces;
    let mut client = Client::connect(&options.endpoint, lookup).await?;
    let now = clock::now();
    let input = json!({
        "StartTime": now - options.since.as_secs_f64(),
        "EndTime": now + 1.0,
        "FilterExpression": asked.list.filter,
    });
    let usual = if options.look.json { PRINTED } else { DRAWN };
    let limit = asked.limit.unwrap_or(usual);
    // One more, to know whether there are more.
    let mut summaries = collect(&mut client, input, limit.saturating_add(1)).await?;
    let more = summaries.len() > limit;
    summaries.truncate(limit);
    let mut out = stdout().lock();
    if options.look.json {
        writeln!(out, "{:#}", Value::Array(summaries))?;
    } else {
        let palette = terminal::palette(&options.look, lookup);
        let width = terminal::width(&options.look, lookup);
        let mut text = list(&summaries, now, width, palette);
        if more {
            palette.put(
                &mut text,
                Ink::Faint,
                "there are older ones: --limit shows more\n",
            );
        }
        out.write_all(text.as_bytes())?;
    }
    Ok(out.flush()?)
}

/// The newest summaries, page by page, at most so many.
pub(super) async fn collect(
    client: &mut Client,
    mut input: Value,
    most: usize,
) -> Result<Vec<Value>, CliError> {
    let mut summaries = Vec::new();
    loop {
        let mut page = client.call("/TraceSummaries", &input).await?;
        if let Some(Value::Array(found)) = page.get_mut("TraceSummaries").map(Value::take) {
            summaries.extend(found);
        }
        let next = page
            .get_mut("NextToken")
            .map(Value::take)
            .unwrap_or_default();
        if next.is_null() || summaries.len() >= most {
            break;
        }
        if let Value::Object(fields) = &mut input {
            fields.insert("NextToken".to_owned(), next);
        }
    }
    summaries.truncate(most);
    Ok(summaries)
}

fn list(summaries: &[Value], now: f64, width: usize, palette: Palette) -> String {
    if summaries.is_empty() {
        return "no traces in this time; --since looks further back\n".to_owned();
    }
    let mut text = String::new();
    title(&mut text, "AGE", palette);
    for summary in summaries {
        let started = summary.get("StartTime").and_then(Value::as_f64);
        let age = age(now - started.unwrap_or_default());
        let canvas = Canvas { width, palette };
        line(&mut text, &age, summary, canvas);
    }
    text
}

/// The columns' names; the first is of the moment.
pub(super) fn title(text: &mut String, moment: &str, palette: Palette) {
    let title = format!(
        "{moment:>8}  {:<35}  {:<8}  {:>10}  TRACE OF",
        "ID", "STATUS", "DURATION"
    );
    palette.put(text, Ink::Faint, &title);
    text.push('\n');
}

/// One trace: its moment, as it is to be shown, and what its summary says.
pub(super) fn line(text: &mut String, moment: &str, summary: &Value, canvas: Canvas) {
    let Canvas { width, palette } = canvas;
    let word = |pointer: &str| {
        harmless(
            summary
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default(),
        )
    };
    let number = |key: &str| summary.get(key).and_then(Value::as_f64).unwrap_or_default();
    palette.put(text, Ink::Faint, &format!("{moment:>8}  "));
    palette.put(text, Ink::Normal, &format!("{:<35}  ", word("/Id")));
    let status = status(summary);
    let is_partial = summary.get("IsPartial") == Some(&Value::Bool(true));
    let (name, ink) = match status {
        Status::Ok if is_partial => ("running", Ink::Cold),
        _ => (status.name(), Ink::Of(status)),
    };
    palette.put(text, ink, &format!("{name:<8}"));
    let took = duration(number("Duration"));
    palette.put(text, Ink::Normal, &format!("  {took:>10}  "));
    let room = width.saturating_sub(69).max(10);
    let name = fit(&word("/EntryPoint/Name"), room);
    text.push_str(&name);
    let mut details = vec![word("/Http/HttpMethod"), word("/Http/HttpURL")];
    details.extend(summary.pointer("/Http/HttpStatus").map(Value::to_string));
    details.retain(|it| !it.is_empty());
    let details = details.join(" ");
    let left = room.saturating_sub(columns(&name) + 2);
    if !details.is_empty() && left > 0 {
        palette.put(text, Ink::Faint, &format!("  {}", fit(&details, left)));
    }
    text.push('\n');
}

fn status(summary: &Value) -> Status {
    let has = |key: &str| summary.get(key) == Some(&Value::Bool(true));
    match (has("HasFault"), has("HasThrottle"), has("HasError")) {
        (true, _, _) => Status::Fault,
        (_, true, _) => Status::Throttle,
        (_, _, true) => Status::Error,
        _ => Status::Ok,
    }
}

fn age(seconds: f64) -> String {
    let unit = [(86_400.0, "d"), (3600.0, "h"), (60.0, "m")];
    let larger = unit.iter().find(|(size, _)| seconds >= *size);
    larger.map_or_else(
        || format!("{:.0}s", seconds.max(0.0).floor()),
        |(size, name)| format!("{:.0}{name}", (seconds / size).floor()),
    )
}
