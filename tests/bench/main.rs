//! The budgets, measured with the programs as they ship; run with `cargo xtask bench`.
//!
//! Times are medians of many runs on the machine at hand. They are shown beside their budgets and never asserted: a
//! busy machine is no regression.

mod daemon;
mod endpoint;
mod flush;
mod ingest;
mod instructions;
mod load;
mod memory;
mod page;
mod process;
mod size;
mod start;
mod throughput;

use std::fmt;
use std::time::Duration;

use daemon::Which;

/// One measured figure beside its budget.
struct Row {
    what: String,
    measured: String,
    budget: &'static str,
}

impl Row {
    fn new(what: impl Into<String>, measured: impl fmt::Display, budget: &'static str) -> Self {
        Self {
            what: what.into(),
            measured: measured.to_string(),
            budget,
        }
    }
}

/// What is to be measured.
struct Wanted {
    /// Empty for all.
    parts: Vec<String>,
    /// What is put under the same load.
    peer: Option<Which>,
}

impl Wanted {
    fn read(mut arguments: impl Iterator<Item = String>) -> Self {
        let (mut parts, mut peer) = (Vec::new(), None);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--peer" => peer = arguments.next().map(|path| Which::Peer(path.into())),
                _ => parts.push(argument),
            }
        }
        Self { parts, peer }
    }

    fn has(&self, name: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|part| part == name)
    }
}

#[tokio::main]
async fn main() {
    let wanted = Wanted::read(std::env::args().skip(1));
    let peer = wanted.peer.as_ref();
    show_line("what", "measured", "budget");
    if wanted.has("size") {
        show(size::measure());
    }
    if wanted.has("start") {
        show(start::measure(peer).await);
    }
    if wanted.has("flush") {
        show(flush::measure().await);
    }
    if wanted.has("throughput") {
        show(throughput::measure(peer).await);
    }
    if wanted.has("ingest") {
        show(ingest::measure().await);
    }
    if wanted.has("page") {
        show(page::measure().await);
    }
    if wanted.has("memory") {
        show(memory::measure(peer).await);
    }
    if wanted.has("instructions") {
        show(instructions::measure(peer).await);
    }
}

fn show(rows: Vec<Row>) {
    for row in rows {
        show_line(&row.what, &row.measured, row.budget);
    }
}

fn show_line(what: &str, measured: &str, budget: &str) {
    println!("{what:<66} {measured:>32}  {budget}");
}

/// The median, and the smallest and largest beside it.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let milliseconds = |time: &Duration| time.as_secs_f64() * 1e3;
    match (times.first(), times.get(times.len() / 2), times.last()) {
        (Some(least), Some(median), Some(most)) => format!(
            "{:.2} ms ({:.2} to {:.2})",
            milliseconds(median),
            milliseconds(least),
            milliseconds(most)
        ),
        _ => "nothing measured".to_owned(),
    }
}
