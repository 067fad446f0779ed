//! What happens to connections and clocks while the environment is frozen, and nobody is told.

use std::time::Duration;

use end_to_end::{Mood, Trial};

use crate::clock::{Ahead, JumpingClock};
use crate::{STRATEGIES, all, flushing, with_each_strategy, work, work_for};

/// Minutes, in seconds.
const LONG: u64 = 5 * 60;

/// Three freezes of minutes, as the clocks tell of them: both went on, only the time of day did, only the monotonic one did.
const JUMPS: [Ahead; 3] = [
    Ahead {
        monotonic: LONG,
        day: LONG,
    },
    Ahead {
        monotonic: LONG,
        day: 2 * LONG,
    },
    Ahead {
        monotonic: 2 * LONG,
        day: 2 * LONG,
    },
];

/// The first invocation after the freeze sends on a fresh connection: had it used the dead one, its documents would come later.
async fn invoke_after_a_freeze(trial: &mut Trial, strategy: &str) {
    let invocation = trial.invoke(work_for(50)).await;
    if strategy == "end" {
        assert_eq!(trial.environment.documents(&invocation).len(), 3);
    }
}

#[tokio::test]
async fn connections_that_die_unseen_in_three_seconds() {
    with_each_strategy(async |mut trial, strategy| {
        let xray = trial.environment.xray.clone();
        trial.invoke(work()).await;
        trial.invoke(work()).await;
        xray.silence_connections();
        // The freeze itself is what is tried.
        tokio::time::sleep(Duration::from_secs(3)).await;
        invoke_after_a_freeze(&mut trial, strategy).await;
        trial.end().await.is_whole();
    })
    .await;
}

async fn jump(strategy: &'static str) {
    let clock = JumpingClock::new();
    let mut trial = Trial::start(clock.given_to(flushing(strategy))).await;
    for jump in JUMPS {
        trial.invoke(work()).await;
        trial.invoke(work()).await;
        trial.environment.xray.silence_connections();
        clock.set(jump);
        invoke_after_a_freeze(&mut trial, strategy).await;
    }
    trial.end().await.is_whole();
}

#[tokio::test]
async fn connections_that_die_unseen_in_minutes() {
    all(STRATEGIES.into_iter().map(jump).collect()).await;
}

#[tokio::test]
async fn an_answer_that_comes_during_a_freeze_of_minutes() {
    let clock = JumpingClock::new();
    let mut trial = Trial::start(clock.given_to(flushing("end"))).await;
    let xray = trial.environment.xray.clone();
    // Longer than the flush budget: the call is in flight when the environment is frozen.
    xray.set_mood(Mood::Slow(Duration::from_millis(500)));
    let invocation = trial.invoke(work()).await;
    xray.wait(|arrived| arrived.len() == 3).await;
    assert!(
        xray.arrived()
            .iter()
            .all(|document| document.at > invocation.timings.frozen.unwrap()),
        "the answer came before the freeze"
    );
    xray.set_mood(Mood::Good);
    clock.set(JUMPS[0]);
    trial.invoke(work()).await;
    trial.end().await.is_whole();
}
