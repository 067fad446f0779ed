//! What may go wrong between the extension and X-Ray, each through real processes that are really frozen.
//!
//! All end with the same question: did everything arrive that could, once unless the fault makes a repeat unavoidable, and is
//! exactly what could not counted in the extension's closing report? ([`Trial::end`](end_to_end::Trial::end) asks it.)
//!
//! Run with `cargo xtask test end-to-end`, which builds the programs first.

mod answers;
mod clock;
mod connections;
mod freezes;
mod load;
mod shutdown;

use end_to_end::{Setup, Trial};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Every way to flush where the environment is frozen between invocations.
const STRATEGIES: [&str; 4] = ["end", "deferred", "adaptive", "periodic:20"];

/// An environment of this strategy, which gives X-Ray little time, so that faults cost the tests little.
fn flushing(strategy: &str) -> Setup {
    Setup::default()
        .env("XRAY_EXTENSION_FLUSH", strategy)
        .env("XRAY_EXTENSION_FLUSH_BUDGET_MS", "200")
}

/// Three documents: the function subsegment and two more.
fn work() -> Value {
    json!({"steps": [{"subsegment": "load", "steps": [{"subsegment": "query"}]}]})
}

/// The same, taking long enough that a pause of the extension is over meanwhile.
fn work_for(milliseconds: u64) -> Value {
    json!({"steps": [{"subsegment": "load", "ms": milliseconds, "steps": [{"subsegment": "query"}]}]})
}

/// Tries it with every strategy at once.
async fn with_each_strategy<F>(trial: impl Fn(Trial, &'static str) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    with_each_strategy_in(|setup| setup, trial).await;
}

/// The same, in environments that are adjusted.
async fn with_each_strategy_in<F>(
    adjust: impl Fn(Setup) -> Setup,
    trial: impl Fn(Trial, &'static str) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut trials = JoinSet::new();
    for strategy in STRATEGIES {
        let setup = adjust(flushing(strategy));
        trials.spawn(trial(Trial::start(setup).await, strategy));
    }
    all(trials).await;
}

/// Waits for all, and fails with the first that does.
async fn all(mut trials: JoinSet<()>) {
    while let Some(ended) = trials.join_next().await {
        if let Err(error) = ended {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}
