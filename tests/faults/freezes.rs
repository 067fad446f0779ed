//! What happens to connections and clocks while the environment is frozen, and nobody is told.

use std::time::Duration;

use end_to_end::{Mood, Trial};
use serde_json::json;

use crate::clock::{Ahead, JumpingClock};
use crate::{STRATEGIES, all, flushing, with_each_strategy, work, work_for};

/// Minutes, in seconds.
const LONG: u64 = 5 * 60;

/// Freezes of minutes, as the clocks tell of them: both went on, only the time of day did, only the monotonic one did.
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

/// So many invocations in quick succession that the adaptive strategy defers.
const BURST: usize = 9;

/// Two do, where machines are not slow.
const MOST_TRIES: usize = 10;

/// Freezes with a call in flight, and returns when it is: a deferred one is of what the invocation before left, if that left anything.
async fn freeze_while_calling(trial: &mut Trial) {
    let xray = trial.environment.xray.clone();
    let before = xray.held();
    xray.set_mood(Mood::Holding);
    for _ in 0..MOST_TRIES {
        // A document at once, then time in which it can be on its way, then one more.
        let event = json!({"steps": [{"subsegment": "early"}, {"sleep_ms": 100}]});
        trial.invoke(event).await;
        if xray.held() > before {
            return;
        }
    }
    panic!("nothing was sent in {MOST_TRIES} invocations");
}

/// Has the answer of a call come while the environment stands still: only the kernel is there to take it.
async fn answer_in_a_freeze(strategy: &'static str) {
    let clock = JumpingClock::new();
    let mut trial = Trial::start(clock.given_to(flushing(strategy))).await;
    let xray = trial.environment.xray.clone();
    for _ in 0..BURST {
        trial.invoke(work()).await;
    }
    for jump in JUMPS {
        let before = xray.arrived().len();
        freeze_while_calling(&mut trial).await;
        clock.set(jump);
        xray.set_mood(Mood::Good);
        xray.wait(|arrived| arrived.len() > before).await;
        trial.invoke(work()).await;
    }
    trial.end().await.is_whole();
}

#[tokio::test]
async fn an_answer_that_comes_during_a_freeze_of_minutes() {
    all(STRATEGIES.into_iter().map(answer_in_a_freeze).collect()).await;
}
