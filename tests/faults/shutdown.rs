//! The end comes while things go wrong: two seconds, then nobody is left to try again.

use std::time::Duration;

use end_to_end::{Account, Call, Mood};
use serde_json::{Value, json};

use crate::{with_each_strategy, work};

/// Invokes while X-Ray is well, then while it is not, and ends there.
async fn end_while(plan: fn(Call) -> Mood, expect: fn(&Account)) {
    with_each_strategy(|mut trial, _| async move {
        let xray = trial.environment.xray.clone();
        trial.invoke(work()).await;
        trial.invoke(work()).await;
        xray.set_plan(plan);
        trial.invoke(work()).await;
        let account = trial.end().await;
        assert!(
            account.shutdown.took < Duration::from_secs(2),
            "{account:#?}"
        );
        expect(&account);
    })
    .await;
}

#[tokio::test]
async fn x_ray_is_slow() {
    end_while(
        |_| Mood::Slow(Duration::from_millis(300)),
        Account::is_whole,
    )
    .await;
}

#[tokio::test]
async fn x_ray_is_slower_than_the_end() {
    end_while(
        |_| Mood::Slow(Duration::from_secs(10)),
        |account| account.lost_some("unsent"),
    )
    .await;
}

#[tokio::test]
async fn x_ray_is_down() {
    end_while(
        |_| Mood::Refusing(503),
        |account| account.lost_some("unsent"),
    )
    .await;
}

#[tokio::test]
async fn x_ray_throttles() {
    end_while(
        |_| Mood::Refusing(429),
        |account| account.lost_some("unsent"),
    )
    .await;
}

#[tokio::test]
async fn the_credentials_are_wrong() {
    end_while(
        |_| Mood::Refusing(403),
        |account| account.lost_some("unsent"),
    )
    .await;
}

#[tokio::test]
async fn the_first_calls_of_the_end_fail() {
    end_while(
        |call| match call.number {
            0..3 => Mood::Refusing(500),
            _ => Mood::Good,
        },
        Account::is_whole,
    )
    .await;
}

#[tokio::test]
async fn calls_break() {
    end_while(
        |call| match call.number % 2 {
            0 => Mood::CuttingCalls,
            _ => Mood::Good,
        },
        Account::is_whole,
    )
    .await;
}

#[tokio::test]
async fn answers_break() {
    end_while(
        |call| match call.number % 2 {
            0 => Mood::CuttingAnswers,
            _ => Mood::Good,
        },
        Account::is_complete,
    )
    .await;
}

#[tokio::test]
async fn the_call_of_the_last_invocation_hangs() {
    end_while(
        |call| match call.number {
            0 => Mood::Hanging,
            _ => Mood::Good,
        },
        Account::is_whole,
    )
    .await;
}

/// Dies with two subsegments open for long enough that the extension was told of them, after one that has closed.
fn death() -> Value {
    json!({"steps": [{"subsegment": "closed"}, {"subsegment": "open", "steps": [{"sleep_ms": 200}, {"kill": true}]}]})
}

/// What [`death`] makes: one document of its own, and two that the extension closes for it.
const DEATH: usize = 3;

#[tokio::test]
async fn the_function_dies_while_the_first_calls_fail() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_plan(|call| match call.number {
            0..3 => Mood::Refusing(500),
            _ => Mood::Good,
        });
        trial.invoke_fatally(death(), DEATH).await;
        trial.invoke(work()).await;
        trial.end().await.is_whole();
    })
    .await;
}

#[tokio::test]
async fn the_function_dies_while_x_ray_is_down() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_mood(Mood::Refusing(503));
        trial.invoke_fatally(death(), DEATH).await;
        xray.set_mood(Mood::Good);
        trial.invoke(work()).await;
        trial.end().await.lost("unsent", DEATH);
    })
    .await;
}

#[tokio::test]
async fn everything_hangs() {
    end_while(|_| Mood::Hanging, |account| account.lost_some("unsent")).await;
}
