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
