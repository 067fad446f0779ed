//! `xray-local map`: which services called which, as a tree.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::arguments::Traces;
use super::client::Client;
use super::draw::Canvas;
use super::{CliError, Lookup, terminal};
use crate::clock;
use crate::map::Map;

pub(super) async fn map(options: &Traces, lookup: Lookup<'_>) -> Result<(), CliError> {
    let mut client = Client::connect(&options.endpoint, lookup).await?;
    let now = clock::now();
    let services = collect(&mut client, now - options.since.as_secs_f64(), now + 1.0).await?;
    let mut out = stdout().lock();
    if options.look.json {
        writeln!(out, "{:#}", Value::Array(services))?;
    } else if services.is_empty() {
        writeln!(out, "no requests in this time; --since looks further back")?;
    } else {
        let canvas = Canvas {
            width: terminal::width(&options.look, lookup),
            palette: terminal::palette(&options.look, lookup),
        };
        out.write_all(canvas.map(&Map::new(&services)).as_bytes())?;
    }
    Ok(out.flush()?)
}

async fn collect(client: &mut Client, from: f64, to: f64) -> Result<Vec<Value>, CliError> {
    let mut services = Vec::new();
    let mut next = Value::Null;
    loop {
        let input = json!({ "StartTime": from, "EndTime": to, "NextToken": next });
        let mut page = client.call("/ServiceGraph", &input).await?;
        let found = page.get_mut("Services").map(Value::take);
        let Some(Value::Array(found)) = found.filter(|it| it != &json!([])) else {
            break;
        };
        services.extend(found);
        next = page
            .get_mut("NextToken")
            .map(Value::take)
            .unwrap_or_default();
        if next.is_null() {
            break;
        }
    }
    Ok(services)
}
