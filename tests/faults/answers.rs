//! X-Ray answers, but not as one would like.

use std::time::Duration;

use end_to_end::Mood;

use crate::{with_each_strategy, work, work_for};

#[tokio::test]
async fn slow() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_mood(Mood::Slow(Duration::from_millis(150)));
        for _ in 0..8 {
            trial.invoke(work()).await;
        }
        trial.end().await.is_whole();
    })
    .await;
}

#[tokio::test]
async fn down_for_three_invocations() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_mood(Mood::Refusing(503));
        for _ in 0..3 {
            trial.invoke(work()).await;
        }
        assert!(xray.arrived().is_empty());
        xray.set_mood(Mood::Good);
        for _ in 0..3 {
            trial.invoke(work()).await;
        }
        trial.end().await.is_whole();
    })
    .await;
}

#[tokio::test]
async fn throttling_for_ten_seconds() {
    const THROTTLED: Duration = Duration::from_secs(10);
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        let begin = std::time::Instant::now();
        xray.set_plan(|call| match call.since {
            since if since < THROTTLED => Mood::Refusing(429),
            _ => Mood::Good,
        });
        while begin.elapsed() < THROTTLED {
            trial.invoke(work_for(100)).await;
        }
        // An SDK that tries again without a pause would have called thousands of times.
        let calls = xray.calls();
        assert!(calls < 500, "{calls} calls in 10 s");
        trial.invoke(work_for(100)).await;
        trial.end().await.is_whole();
    })
    .await;
}

#[tokio::test]
async fn every_second_call_fails() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_plan(|call| match call.number % 2 {
            0 => Mood::Refusing(500),
            _ => Mood::Good,
        });
        for _ in 0..20 {
            trial.invoke(work()).await;
        }
        let account = trial.end().await;
        account.is_whole();
    })
    .await;
}

#[tokio::test]
async fn wrong_credentials_until_they_are_right() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_mood(Mood::Refusing(403));
        for _ in 0..3 {
            trial.invoke(work()).await;
        }
        xray.set_mood(Mood::Good);
        trial.invoke(work()).await;
        trial.end().await.is_whole();
    })
    .await;
}

#[tokio::test]
async fn documents_it_could_not_process_this_time() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_plan(|call| match call.number % 2 {
            0 => Mood::LeavingOut("ThrottledException"),
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
async fn documents_it_will_never_process() {
    with_each_strategy(async |mut trial, _| {
        let xray = trial.environment.xray.clone();
        xray.set_mood(Mood::LeavingOut("InvalidSegment"));
        for _ in 0..10 {
            trial.invoke(work()).await;
        }
        let account = trial.end().await;
        // One of each call.
        account.lost("rejected", xray.calls());
    })
    .await;
}
