//! Drivers that know nothing of traces, with a subsegment around each query: `tokio-postgres` and `rusqlite`.

use lambda_xray::FutureExt;
use lambda_xray::sql::Database;
use lambda_xray::testing::{capture, capture_unsampled};
use sql_queries::Postgres;
use tokio_postgres::NoTls;

use crate::captured::{assert_discreet, query, said};

#[tokio::test]
async fn what_postgres_says_is_the_cause_of_a_cause() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let (client, connection) = tokio_postgres::connect(&postgres.url(), NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let database = Database::new(&postgres.url()).with_driver("tokio-postgres 0.7");
    let work = || async {
        let all = "SELECT $1::TEXT, 'S3CRET', E'S3CRET\\'', $$S3CRET$$ -- S3CRET";
        let rows = client.query(all, &[&"S3CRET"]).capture(database.query(all));
        assert_eq!(rows.await.unwrap().len(), 1);
        let wrong = "INSERT INTO nowhere VALUES ('S3CRET')";
        let wrong = client.execute(wrong, &[]).capture(database.query(wrong));
        wrong.await.unwrap_err();
    };
    let (trace, ()) = capture(work()).await;
    let all = query(&trace, "postgres@localhost", "SELECT");
    assert_eq!(said(all).trim(), "SELECT $1::TEXT, ?, ?, ?");
    let wrong = query(&trace, "postgres@localhost", "INSERT");
    assert_eq!(said(wrong), "INSERT INTO nowhere VALUES (?)");
    let cause = "relation \"nowhere\" does not exist";
    assert!(
        trace.all("postgres@localhost")[1]
            .assert_fault(cause)
            .children()
            .is_empty()
    );
    assert_discreet(&trace);
    let (unsampled, ()) = capture_unsampled(work()).await;
    assert_eq!(unsampled.documents().len(), 0);
    drop(client);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_query_that_blocks_is_timed_by_its_subsegment() {
    let (trace, ()) = capture(async {
        let database = Database::new("sqlite::memory:").with_version(rusqlite::version());
        let orders = rusqlite::Connection::open_in_memory().unwrap();
        let text = "CREATE TABLE orders AS SELECT x'53', 'S3CRET' AS \"S3\", 0x10, 1e9, -2.5";
        let make = database.query(text);
        orders.execute_batch(text).unwrap();
        drop(make);
        let wrong = database.query("SELECT * FROM nowhere");
        let error = orders.prepare("SELECT * FROM nowhere").unwrap_err();
        wrong.fail(&error);
    })
    .await;
    let make = query(&trace, ":memory:", "CREATE");
    let expected = "CREATE TABLE orders AS SELECT x?, ? AS \"S3\", ?, ?, -?";
    assert_eq!(said(make), expected);
    let sql = make.sql.as_ref().unwrap();
    assert_eq!(sql.database_version.as_deref(), Some(rusqlite::version()));
    assert!(!make.fault);
    trace.all(":memory:")[1].assert_fault("no such table: nowhere");
    assert_discreet(&trace);
}
