//! Does the steps of an event.

use std::io::{Write, stdout};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::try_join_all;
use lambda_runtime::Error;
use lambda_xray::{Context, FutureExt};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::Value;

use crate::event::{Step, Work};

type Doing<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// One invocation's doing: what it has opened and what it holds.
#[derive(Debug, Default)]
pub(crate) struct Performance {
    subsegments: AtomicUsize,
    held: Mutex<Vec<Vec<u8>>>,
}

impl Performance {
    /// How many subsegments were opened.
    pub(crate) fn subsegments(&self) -> usize {
        self.subsegments.load(Ordering::Relaxed)
    }

    /// One step after the other, up to the first that fails.
    pub(crate) async fn run(&self, steps: &[Step]) -> Result<(), Error> {
        for step in steps {
            self.step(step).await?;
        }
        Ok(())
    }

    /// Boxed, because steps contain steps.
    fn step<'a>(&'a self, step: &'a Step) -> Doing<'a> {
        Box::pin(async move {
            match step {
                Step::Subsegment(work) => self.work(work).await?,
                Step::Parallel { parallel } => {
                    try_join_all(parallel.iter().map(|step| self.step(step))).await?;
                }
                Step::Bytes { bytes } => {
                    Context::current().metadata("bytes", "x".repeat(*bytes));
                }
                Step::Say { say } => writeln!(stdout(), "{say}")?,
                Step::Sleep { sleep_ms } => pass(*sleep_ms).await,
                Step::Fail { fail } => return Err(fail.as_str().into()),
                Step::Panic { panic } => panic_with(panic),
                Step::Exit { exit } => exit_with(*exit),
                Step::Abort { abort: true } => std::process::abort(),
                Step::Kill { kill: true } => kill_process(getpid(), Signal::KILL)?,
                Step::Abort { abort: false } | Step::Kill { kill: false } => {}
                Step::Allocate { allocate_mb } => self.hold(*allocate_mb),
            }
            Ok(())
        })
    }

    async fn work(&self, work: &Work) -> Result<(), Error> {
        self.subsegments.fetch_add(1, Ordering::Relaxed);
        let subsegment = lambda_xray::subsegment(&work.subsegment);
        for (key, value) in &work.annotations {
            annotate(&subsegment, key, value);
        }
        for (name, value) in &work.metadata {
            keep(&subsegment, name, value);
        }
        let doing = async {
            pass(work.ms).await;
            self.run(&work.steps).await
        };
        doing.capture(subsegment).await
    }

    /// Pages that were never written take no memory, so each is.
    fn hold(&self, megabytes: usize) {
        for _ in 0..megabytes {
            let block = vec![1; 1 << 20];
            if let Ok(mut held) = self.held.lock() {
                held.push(block);
            }
        }
    }
}

fn annotate(context: &Context, key: &str, value: &Value) {
    match value {
        Value::Bool(flag) => context.annotate(key, *flag),
        Value::String(text) => context.annotate(key, text.as_str()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => context.annotate(key, whole),
            None => context.annotate(key, number.as_f64().unwrap_or_default()),
        },
        other => context.annotate(key, other.to_string()),
    }
}

fn keep(context: &Context, name: &str, value: &Value) {
    match value {
        Value::Object(values) => {
            for (key, value) in values {
                context.metadata_in(name, key, value);
            }
        }
        value => context.metadata(name, value),
    }
}

async fn pass(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

#[expect(clippy::panic, reason = "the event asks for it")]
fn panic_with(message: &str) -> ! {
    panic!("{message}")
}

#[expect(clippy::exit, reason = "the event asks for it")]
fn exit_with(status: i32) -> ! {
    std::process::exit(status)
}
