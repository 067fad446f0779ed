//! `xray-local raise`: more traces of some requests, for a while.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::arguments::Raise;
use super::client::Client;
use super::paint::{harmless, time_of_day};
use super::{CliError, Lookup};

pub(super) async fn raise(options: &Raise, lookup: Lookup<'_>) -> Result<(), CliError> {
    let mut client = Client::connect(&options.endpoint, lookup).await?;
    let input = json!({
        "URLPath": options.path,
        "HTTPMethod": options.method,
        "Host": options.host,
        "ServiceName": options.service,
        "FixedRate": options.rate,
        "Seconds": options.time.as_secs(),
    });
    let answer = client.call("/RaiseSampling", &input).await?;
    let name = answer.pointer("/SamplingRuleRecord/SamplingRule/RuleName");
    let until = answer.pointer("/SamplingRuleRecord/Until");
    Ok(writeln!(
        stdout().lock(),
        "{} holds until {} UTC",
        harmless(name.and_then(Value::as_str).unwrap_or_default()),
        time_of_day(until.and_then(Value::as_f64).unwrap_or_default()),
    )?)
}
