//! Init, invoke, freeze, shutdown, when all goes well.

use std::fs;
use std::time::Duration;

use lambda_sandbox::{Event, ExitOutcome, ShutdownReason, Source, Trace};
use serde_json::json;

use crate::fixtures::{both, function, invoke, printed};

#[tokio::test]
async fn an_invocation_runs_through() {
    let sandbox = both().start().await.unwrap();
    let invocation = invoke(&sandbox, json!({"order": 42})).await;
    assert!(invocation.is_success(), "{invocation:?}\n{:?}", sandbox.logs());
    assert_eq!(invocation.json()["event"], json!({"order": 42}));

    let timings = invocation.timings;
    let moments = [Some(timings.started), timings.responded, timings.runtime_next, timings.frozen];
    assert!(moments.is_sorted() && moments.iter().all(Option::is_some), "{timings:?}");
    assert!(timings.extension_next <= timings.frozen);

    let shutdown = sandbox.shutdown().await.unwrap();
    assert_eq!(shutdown.reason, ShutdownReason::Spindown);
    assert_eq!(shutdown.function, ExitOutcome::Signaled(15));
    assert!(shutdown.extension().is_clean());
    assert!(shutdown.took < Duration::from_secs(2));
}
