//! How many documents a second are taken and delivered, as a daemon: ours, and a peer under the same load in the same run.

use std::time::Duration;

use crate::Row;
use crate::daemon::Which;
use crate::endpoint::Answers;
use crate::load::{Load, Outcome};

const DOCUMENTS: u64 = 200_000;

/// A rate of the budgets.
struct Rate {
    a_second: u32,
    x_ray_takes: Duration,
    runs: usize,
    budget: &'static str,
}

const fn rate(a_second: u32, x_ray_takes_ms: u64, runs: usize, budget: &'static str) -> Rate {
    let x_ray_takes = Duration::from_millis(x_ray_takes_ms);
    Rate {
        a_second,
        x_ray_takes,
        runs,
        budget,
    }
}

const RATES: &[Rate] = &[
    rate(20_000, 0, 3, "none lost; 0.65 s"),
    rate(60_000, 0, 5, "none lost in 5 runs"),
    rate(120_000, 0, 3, "0.1 % lost at most"),
    rate(30_000, 20, 3, "none lost"),
];

/// Delivered at the rates of the budgets, with the processor time and the memory it took.
pub(crate) async fn measure(peer: Option<&Which>) -> Vec<Row> {
    let mut rows = Vec::new();
    for rate in RATES {
        let ours = rate.runs(&Which::Ours).await;
        rows.push(Row::new(rate.what(), ours.to_string(), rate.budget));
        if let Some(peer) = peer {
            let peer = rate.runs(peer).await;
            rows.push(Row::new("    the peer", peer.to_string(), ""));
            rows.push(Row::new("    the peer's share of ours", peer.by(&ours), ""));
        }
    }
    rows
}

impl Rate {
    fn what(&self) -> String {
        let backend = match self.x_ray_takes.as_millis() {
            0 => String::new(),
            milliseconds => format!(", X-Ray after {milliseconds} ms"),
        };
        format!(
            "{} a second{backend}: worst lost (in the kernel); CPU; memory",
            self.a_second
        )
    }

    async fn runs(&self, which: &Which) -> Runs {
        let load = Load {
            documents: DOCUMENTS,
            rate: self.a_second,
            answers: Answers::After(self.x_ray_takes),
            buffer_mb: None,
        };
        let mut outcomes = Vec::new();
        for _ in 0..self.runs {
            outcomes.push(load.put_on(which).await);
        }
        Runs::of(&outcomes)
    }
}

/// Several runs as one: the most that was lost, the median of the rest.
struct Runs {
    lost: Outcome,
    seconds: f64,
    megabytes: f64,
}

impl Runs {
    fn of(outcomes: &[Outcome]) -> Self {
        let lost = outcomes.iter().max_by_key(|outcome| outcome.lost);
        Self {
            lost: *lost.unwrap(),
            seconds: median(outcomes, |outcome| {
                outcome.processor.as_secs_f64() * 1e5 / as_float(DOCUMENTS)
            }),
            megabytes: median(outcomes, |outcome| outcome.megabytes),
        }
    }

    fn by(&self, ours: &Self) -> String {
        format!(
            "CPU x {:.1}; memory x {:.1}",
            self.seconds / ours.seconds,
            self.megabytes / ours.megabytes
        )
    }
}

impl std::fmt::Display for Runs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = as_float(self.lost.lost) * 100.0 / as_float(DOCUMENTS);
        write!(
            f,
            "{percent:.3} % ({}); {:.2} s; {:.0} MB",
            self.lost.lost_in_kernel, self.seconds, self.megabytes
        )
    }
}

fn median(outcomes: &[Outcome], of: impl Fn(&Outcome) -> f64) -> f64 {
    let mut values: Vec<_> = outcomes.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}
