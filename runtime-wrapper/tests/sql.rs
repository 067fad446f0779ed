//! The subsegment of a query, as it arrives.

use lambda_xray::FutureExt;
use lambda_xray::sql::Database;
use serde_json::json;

use crate::receiver::named;
use crate::world::traced;

const CONNECTION: &str = "postgres://ada:s3cret@db.example.com/orders?password=s3cret";

#[tokio::test]
async fn a_query_is_a_call_to_its_database_without_values() {
    let documents = traced(|| async {
        let database = Database::new(CONNECTION)
            .with_version("16.1")
            .with_driver("tokio-postgres 0.7");
        let failed = async { Err::<(), _>(std::io::Error::other("gone")) };
        let query = database.query("SELECT \"Total\" FROM orders WHERE customer = 'Ada'");
        failed.capture(query).await.unwrap_err();
    })
    .await;
    let query = named(&documents, "orders@db.example.com");
    assert_eq!(query["namespace"], "remote");
    assert_eq!(query["fault"], true);
    let said = json!({
        "url": "postgres://db.example.com/orders",
        "sanitized_query": "SELECT \"Total\" FROM orders WHERE customer = ?",
        "database_type": "PostgreSQL",
        "database_version": "16.1",
        "driver_version": "tokio-postgres 0.7",
        "user": "ada",
    });
    assert_eq!(query["sql"], said);
}

#[tokio::test]
async fn values_are_said_where_that_was_asked_for() {
    let documents = traced(|| async {
        let database = Database::new("Server=db;Database=orders")
            .with_type("MySQL")
            .with_raw_queries();
        drop(database.query("SELECT 'Ada'"));
    })
    .await;
    let query = named(&documents, "orders@db");
    assert_eq!(query["sql"]["sanitized_query"], "SELECT 'Ada'");
    assert_eq!(
        query["sql"]["connection_string"],
        "Server=db;Database=orders"
    );
}

/// The event that `sqlx` 0.8 emits when a query is done.
#[cfg(feature = "tracing")]
#[tokio::test]
async fn what_sqlx_says_of_a_query_becomes_its_subsegment() {
    use lambda_xray::spans::SpanLayer;
    use tracing_subscriber::prelude::*;

    let documents = traced(|| async {
        let layer = SpanLayer::new().with_sqlx(Database::new(CONNECTION));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let _page = tracing::info_span!("page").entered();
            tracing::debug!(
                target: "sqlx::query",
                summary = "SELECT total FROM orders …",
                db.statement = "\n\nSELECT total FROM orders WHERE customer = 'Ada'\n",
                rows_affected = 0, rows_returned = 3, elapsed_secs = 0.25,
            );
        });
    })
    .await;
    let query = named(&documents, "orders@db.example.com");
    assert_eq!(query["parent_id"], named(&documents, "page")["id"]);
    let said = &query["sql"]["sanitized_query"];
    assert_eq!(said, "SELECT total FROM orders WHERE customer = ?");
    let rows = json!({"rows_affected": 0, "rows_returned": 3});
    assert_eq!(query["metadata"]["default"], rows);
    let time = |field: &str| query[field].as_f64().unwrap();
    let took = time("end_time") - time("start_time");
    assert!((0.249..10.0).contains(&took), "{took}");
}
