//! The library's handle: start, close, start again.

use serde_json::json;
use xray_local::{Config, Local, StartError};

use crate::documents::{TRACE, segment};
use crate::service::{post, segments};

fn config(data: &std::path::Path) -> Config {
    Config::new(data)
}

#[tokio::test]
async fn what_one_run_stored_the_next_one_shows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.db");
    let document = segment("1000000000000001", "web", (0.0, 1.0), json!({}));
    let first = Local::start(config(&file)).await.unwrap();
    let put = json!({ "TraceSegmentDocuments": [document.to_string()] });
    post(first.addr(), "/TraceSegments", put.to_string()).await;
    first.close().await;
    let second = Local::start(config(&file)).await.unwrap();
    let ids = json!({ "TraceIds": [TRACE] });
    let answer = post(second.addr(), "/Traces", ids.to_string()).await;
    assert_eq!(segments(&answer.json()), [document]);
    second.close().await;
}

#[tokio::test]
async fn what_prevents_a_start_is_said_with_the_setting_to_change() {
    let folder = tempfile::tempdir().unwrap();
    let running = Local::start(config(folder.path())).await.unwrap();
    let taken = Config {
        listen: running.addr(),
        ..config(folder.path())
    };
    let error = Local::start(taken).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }));
    assert!(error.to_string().contains("--listen"), "{error}");

    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "no folder").unwrap();
    let error = Local::start(config(&blocked.join("below")))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("--data"), "{error}");

    let no_database = folder.path().join("text.db");
    std::fs::write(
        &no_database,
        "this is no database, only text that is long enough",
    )
    .unwrap();
    let error = Local::start(config(&no_database)).await.unwrap_err();
    assert!(error.to_string().contains("--data"), "{error}");
}
