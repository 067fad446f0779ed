//! The budgets, measured with the programs as they ship; run with `cargo xtask bench`.
//!
//! Times are medians of many runs on the machine at hand. They are shown beside their budgets and never asserted: a
//! busy machine is no regression.

mod flush;
mod process;
mod size;
mod start;
mod throughput;

use std::fmt;
use std::time::Duration;

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

#[tokio::main]
async fn main() {
    println!("{:<66} {:>24}  budget", "what", "measured");
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    if wants("size") {
        show(size::measure());
    }
    if wants("start") {
        show(start::measure().await);
    }
    if wants("flush") {
        show(flush::measure().await);
    }
    if wants("throughput") {
        show(throughput::measure().await);
    }
}

fn show(rows: Vec<Row>) {
    for row in rows {
        println!("{:<66} {:>24}  {}", row.what, row.measured, row.budget);
    }
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
