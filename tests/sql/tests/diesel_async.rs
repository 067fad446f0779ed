//! `diesel-async` on a Postgres, which answers several queries of one connection in turn.

use diesel::sql_types::Integer;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use futures_util::future::join3;
use lambda_xray::FutureExt;
use lambda_xray::sql::{Database, DieselQueries};
use lambda_xray::subsegment;
use lambda_xray::testing::capture;
use sql_queries::Postgres;

use crate::captured::{assert_discreet, query, said};

const NAME: &str = "postgres@localhost";

#[tokio::test]
async fn queries_that_overlap_are_told_apart() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let mut connection = AsyncPgConnection::establish(&postgres.url()).await.unwrap();
    connection.set_instrumentation(DieselQueries::of(Database::new(&postgres.url())));
    let asked = |text, number: i32| diesel::sql_query(text).bind::<Integer, _>(number);
    let (trace, ()) = capture(async {
        let charge = subsegment("charge");
        // It asks when it is called, not when it is polled.
        let first = async {
            asked("SELECT 'S3CRET' AS a, 6 / $1", 1)
                .execute(&mut &connection)
                .await
        };
        let first = first.in_subsegment(charge);
        let (mut second, mut third) = (&connection, &connection);
        let second = asked("SELECT 'S3CRET' AS b, 6 / $1", 0).execute(&mut second);
        let third = asked("SELECT 'S3CRET' AS c, 6 / $1", 2).execute(&mut third);
        let (first, second, third) = join3(first, second, third).await;
        first.and(third).unwrap();
        second.unwrap_err();
    })
    .await;
    let [first, second, third] = ["a", "b", "c"].map(|name| {
        let text = format!("SELECT ? AS {name}, ? / $1");
        query(&trace, NAME, &text)
    });
    assert_eq!(
        [first.fault, second.fault, third.fault],
        [false, true, false]
    );
    let parent = |of: &str| Some(trace.find(of).document().id);
    assert_eq!(first.parent_id, parent("charge"));
    assert_eq!(second.parent_id, parent("test"));
    assert_discreet(&trace);
}

#[tokio::test]
async fn a_transaction_is_its_queries() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let mut connection = AsyncPgConnection::establish(&postgres.url()).await.unwrap();
    connection.set_instrumentation(DieselQueries::of(Database::new(&postgres.url())));
    let (trace, ()) = capture(async {
        let work = async |connection: &mut AsyncPgConnection| {
            diesel::sql_query("SELECT 1").execute(connection).await
        };
        connection.transaction(work).await.unwrap();
    })
    .await;
    query(&trace, NAME, "BEGIN");
    assert_eq!(said(query(&trace, NAME, "SELECT")), "SELECT ?");
    query(&trace, NAME, "COMMIT");
}
