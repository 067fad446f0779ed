//! `sqlx` on a `SQLite`, whose queries run on a thread of `sqlx`.

use lambda_xray::spans::SpanLayer;
use lambda_xray::sql::Database;
use lambda_xray::testing::capture;
use serde_json::json;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tracing::Instrument;
use tracing_subscriber::prelude::*;

use crate::captured::{assert_discreet, query, said};

#[tokio::test]
async fn the_span_of_the_caller_follows_a_query_to_its_thread() {
    let layer = SpanLayer::new().with_sqlx(Database::new("sqlite::memory:"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let (trace, ()) = capture(async {
        let work = async {
            let mut orders = SqliteConnection::connect("sqlite::memory:").await.unwrap();
            let make = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT)";
            sqlx::query(make).execute(&mut orders).await.unwrap();
            let insert = sqlx::query("INSERT INTO orders (customer) VALUES ('S3CRET'), (?)");
            let done = insert.bind("S3CRET").execute(&mut orders).await.unwrap();
            assert_eq!(done.rows_affected(), 2);
            orders
        };
        let orders = work.instrument(tracing::info_span!("work")).await;
        // The thread has left the span once it has another task.
        orders.close().await.unwrap();
    })
    .await;
    let insert = query(&trace, ":memory:", "INSERT");
    assert_eq!(
        said(insert),
        "INSERT INTO orders (customer) VALUES (?), (?)"
    );
    assert_eq!(insert.parent_id, trace.find("work").document().id.into());
    let rows = json!({"default": {"rows_affected": 2, "rows_returned": 0}});
    assert_eq!(json!(insert.metadata), rows);
    assert_discreet(&trace);
}
