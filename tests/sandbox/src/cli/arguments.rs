//! The arguments, read by hand: there are few and they never nest.

use std::fs;
use std::time::Duration;

use lambda_sandbox::{Builder, Event, InitializationType, Sandbox, Telemetry, Trace};

pub(crate) const HELP: &str = "\
Runs a Lambda function and its extensions in a simulated execution environment.

Usage: lambda-sandbox --function PATH [--extension PATH]... [--event JSON|@FILE]... [OPTIONS]

  --function PATH       the function, an executable that speaks the Runtime API
  --extension PATH      an extension beside it (repeatable)
  --event JSON|@FILE    an event, or a file with one; repeatable, {} when there is none
  --repeat N            all events, N times (default 1)
  --env NAME=VALUE      an environment variable for function and extensions (repeatable)
  --timeout-ms N        the function's timeout (default 3000)
  --memory-mb N         the function's memory; it is killed when it takes more (default 1024)
  --trace-header TEXT   this trace header, verbatim, in place of a new sampled trace; empty for none
  --no-telemetry        accept telemetry subscriptions and deliver nothing, as emulators do
  --no-freeze           leave the processes running between invocations, as emulators do
  --managed             a Lambda Managed Instance in place of an environment on demand
  --logs                what the processes print, to standard error
  --json                one JSON object a line: each invocation, then the shutdown
  --help                this text

Exit codes: 0 all well, 1 an invocation failed, 2 wrong usage, 3 init failed,
4 an extension did not end cleanly, 130 interrupted.
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Request {
    Run(Box<Arguments>),
    Help,
}

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) builder: Builder,
    pub(crate) events: Vec<Event>,
    pub(crate) repeat: u32,
    pub(crate) json: bool,
}

/// Why the command line was not understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("{0} is no option")]
    Unknown(String),
    #[error("{0} needs a value after it")]
    MissingValue(String),
    #[error("{option} {value}: {expected} is expected")]
    Wrong {
        option: String,
        value: String,
        expected: &'static str,
    },
    #[error("{path} cannot be read: {source}")]
    EventFile {
        path: String,
        source: std::io::Error,
    },
    #[error("--function is missing")]
    NoFunction,
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Request, UsageError> {
    let mut draft = Draft::new();
    while let Some(option) = words.next() {
        match option.as_str() {
            "--help" | "-h" => return Ok(Request::Help),
            "--json" => draft.json = true,
            "--logs" => draft.edit(|builder| builder.forwards_logs(true)),
            "--no-freeze" => draft.edit(|builder| builder.freezes(false)),
            "--no-telemetry" => draft.edit(|builder| builder.telemetry(Telemetry::AcceptedOnly)),
            "--managed" => {
                draft.edit(|builder| builder.initialization(InitializationType::ManagedInstances));
            }
            _ => {
                let value = words
                    .next()
                    .ok_or_else(|| UsageError::MissingValue(option.clone()));
                draft.take(&option, value)?;
            }
        }
    }
    draft
        .finish()
        .map(|arguments| Request::Run(Box::new(arguments)))
}

struct Draft {
    builder: Builder,
    has_function: bool,
    payloads: Vec<Vec<u8>>,
    trace: Trace,
    repeat: u32,
    json: bool,
}

impl Draft {
    fn new() -> Self {
        Self {
            builder: Sandbox::builder(),
            has_function: false,
            payloads: Vec::new(),
            trace: Trace::Sampled,
            repeat: 1,
            json: false,
        }
    }

    fn edit(&mut self, change: impl FnOnce(Builder) -> Builder) {
        self.builder = change(self.builder.clone());
    }

    /// One option that has a value. An unknown one is told as such, not as lacking a value.
    fn take(&mut self, option: &str, value: Result<String, UsageError>) -> Result<(), UsageError> {
        match option {
            "--function" => {
                let path = value?;
                self.has_function = true;
                self.edit(|builder| builder.function(path));
            }
            "--extension" => {
                let path = value?;
                self.edit(|builder| builder.extension(path));
            }
            "--event" => self.payloads.push(payload(&value?)?),
            "--env" => {
                let (name, value) = variable(&value?)?;
                self.edit(|builder| builder.env(name, value));
            }
            "--timeout-ms" => {
                let timeout = Duration::from_millis(number(option, value?)?);
                self.edit(|builder| builder.timeout(timeout));
            }
            "--memory-mb" => {
                let megabytes = number(option, value?)?;
                self.edit(|builder| builder.memory_mb(megabytes));
            }
            "--repeat" => self.repeat = number(option, value?)?,
            "--trace-header" => self.trace = Trace::Verbatim(value?),
            _ => return Err(UsageError::Unknown(option.to_owned())),
        }
        Ok(())
    }

    fn finish(self) -> Result<Arguments, UsageError> {
        if !self.has_function {
            return Err(UsageError::NoFunction);
        }
        let mut payloads = self.payloads;
        if payloads.is_empty() {
            payloads.push(b"{}".to_vec());
        }
        let event = |payload| Event::bytes(payload).trace(self.trace.clone());
        let events = payloads.into_iter().map(event).collect();
        Ok(Arguments {
            builder: self.builder,
            events,
            repeat: self.repeat,
            json: self.json,
        })
    }
}

fn payload(value: &str) -> Result<Vec<u8>, UsageError> {
    match value.strip_prefix('@') {
        Some(path) => fs::read(path).map_err(|source| UsageError::EventFile {
            path: path.to_owned(),
            source,
        }),
        None => Ok(value.as_bytes().to_vec()),
    }
}

fn variable(text: &str) -> Result<(String, String), UsageError> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(UsageError::Wrong {
            option: "--env".to_owned(),
            value: text.to_owned(),
            expected: "NAME=VALUE",
        }),
    }
}

fn number<N: std::str::FromStr>(option: &str, value: String) -> Result<N, UsageError> {
    value.parse().map_err(|_| UsageError::Wrong {
        option: option.to_owned(),
        value,
        expected: "a whole number",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, UsageError> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn events_repeat_and_trace_header() {
        let line = "--function f --event {} --event 1 --repeat 3 --json --trace-header Root=1";
        let Request::Run(arguments) = parsed(line).unwrap() else {
            panic!("it asks for help")
        };
        let event =
            |payload: &'static str| Event::bytes(payload).trace(Trace::Verbatim("Root=1".into()));
        assert_eq!(arguments.events, [event("{}"), event("1")]);
        assert_eq!((arguments.repeat, arguments.json), (3, true));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("", "--function"),
            ("--function", "--function"),
            ("--function f --fast", "--fast is no option"),
            ("--function f --env X", "NAME=VALUE"),
            ("--function f --timeout-ms soon", "soon"),
            ("--function f --event @/no/such/file", "/no/such/file"),
        ] {
            let error = parsed(line).unwrap_err().to_string();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
