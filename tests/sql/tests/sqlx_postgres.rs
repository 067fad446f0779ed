//! `sqlx` on a Postgres.

use lambda_xray::spans::SpanLayer;
use lambda_xray::sql::Database;
use lambda_xray::testing::capture;
use lambda_xray::{FutureExt, subsegment};
use serde_json::json;
use sql_queries::Postgres;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Row};
use tracing::Instrument;
use tracing_subscriber::prelude::*;

use crate::captured::{assert_discreet, query, said};

const NAME: &str = "postgres@localhost";

#[tokio::test]
async fn each_query_is_beneath_what_asked_it() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let database = Database::new(&postgres.url())
        .with_version(postgres.version())
        .with_driver("sqlx 0.9");
    let layer = SpanLayer::new().with_sqlx(database);
    let _subscribed = tracing_subscriber::registry().with(layer).set_default();
    let (trace, ()) = capture(async {
        let pool = PgPoolOptions::new().connect(&postgres.url()).await.unwrap();
        let customers = async {
            let all =
                "SELECT customer, 7 AS number FROM (VALUES ('Ada S3CRET'), ($1)) AS c (customer)";
            sqlx::query(all)
                .bind("S3CRET too")
                .fetch_all(&pool)
                .await
                .unwrap()
        };
        let rows = customers.instrument(tracing::info_span!("page")).await;
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].get::<String, _>("customer"), "S3CRET too");
        let wrong = sqlx::query(AssertSqlSafe("SELECT 'S3CRET' FROM nowhere")).execute(&pool);
        wrong.capture(subsegment("report")).await.unwrap_err();
        let slow = sqlx::query("SELECT pg_sleep(0.25)").execute(&pool);
        slow.await.unwrap();
    })
    .await;
    let all = query(&trace, NAME, "SELECT customer");
    assert_eq!(
        json!(all.sql),
        json!({
            "url": postgres.public_url(),
            "sanitized_query": "SELECT customer, ? AS number FROM (VALUES (?), ($1)) AS c (customer)",
            "database_type": "PostgreSQL",
            "database_version": postgres.version(),
            "driver_version": "sqlx 0.9",
            "user": "ada",
        })
    );
    assert_eq!(all.parent_id, trace.find("page").document().id.into());
    let rows = json!({"default": {"rows_affected": 2, "rows_returned": 2}});
    assert_eq!(json!(all.metadata), rows);
    let wrong = query(&trace, NAME, "SELECT ? FROM nowhere");
    assert_eq!(wrong.parent_id, trace.find("report").document().id.into());
    trace
        .find("report")
        .assert_fault("relation \"nowhere\" does not exist");
    let slow = query(&trace, NAME, "SELECT pg_sleep");
    assert_eq!(said(slow), "SELECT pg_sleep(?)");
    let time = |field| json!(slow)[field].as_f64().unwrap();
    let took = time("end_time") - time("start_time");
    assert!((0.25..5.0).contains(&took), "{took}");
    assert_discreet(&trace);
}
