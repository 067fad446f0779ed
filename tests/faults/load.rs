//! More than there is room for, and for longer.

use serde_json::json;

use crate::with_each_strategy;

#[tokio::test]
async fn ten_thousand_documents_in_one_invocation() {
    with_each_strategy(async |mut trial, _| {
        let event = json!({"steps": [{"subsegment": "query"}], "repeat": 10_000});
        trial.invoke(event).await;
        trial.end().await.is_whole();
    })
    .await;
}
