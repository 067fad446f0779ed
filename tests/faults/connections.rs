//! Connections that break, die unseen, or lead to someone who never answers.

use end_to_end::Mood;

use crate::{with_each_strategy, work};

#[tokio::test]
async fn calls_that_break_in_their_middle() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_plan(|call| match call.number % 2 {
            0 => Mood::CuttingCalls,
            _ => Mood::Good,
        });
        for _ in 0..10 {
            trial.invoke(work()).await;
        }
        trial.end().await.is_whole();
    })
    .await;
}

#[tokio::test]
async fn answers_that_break_in_their_middle() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_plan(|call| match call.number % 2 {
            0 => Mood::CuttingAnswers,
            _ => Mood::Good,
        });
        for _ in 0..10 {
            trial.invoke(work()).await;
        }
        let account = trial.end().await;
        account.is_complete();
        assert!(
            account.arrived.len() > account.made,
            "a repeat is unavoidable here"
        );
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_never_answered() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_plan(|call| match call.number {
            0 => Mood::Hanging,
            _ => Mood::Good,
        });
        for _ in 0..4 {
            trial.invoke(work()).await;
        }
        trial.end().await.is_whole();
    })
    .await;
}

#[tokio::test]
async fn connections_closed_while_the_environment_is_frozen() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        for _ in 0..10 {
            trial.invoke(work()).await;
            xray.cut_connections();
        }
        trial.end().await.is_whole();
    })
    .await;
}
