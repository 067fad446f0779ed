//! `diesel` on a Postgres, with the instrumentation of every connection.

use diesel::connection::set_default_instrumentation;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use lambda_xray::document::{Cause, Document};
use lambda_xray::sql::DieselQueries;
use lambda_xray::testing::capture;
use serde_json::json;
use sql_queries::Postgres;

use crate::captured::{assert_discreet, query, said};

const NAME: &str = "postgres@localhost";

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Integer)]
    sum: i32,
}

fn message<'d>(document: &'d Document<'static>) -> &'d str {
    let Some(Cause::Detail(cause)) = &document.cause else {
        panic!("{document:?}")
    };
    cause.exceptions[0].message.as_deref().unwrap()
}

#[tokio::test]
async fn a_connection_is_named_after_where_it_goes() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    set_default_instrumentation(|| Some(Box::new(DieselQueries::new()))).unwrap();
    let (trace, ()) = capture(async {
        let mut connection = PgConnection::establish(&postgres.url()).unwrap();
        let sum = diesel::sql_query("SELECT $1 + 2 AS sum, 'S3CRET' AS \"secret\"");
        let sum: Sum = sum
            .bind::<Integer, _>(40)
            .get_result(&mut connection)
            .unwrap();
        assert_eq!(sum.sum, 42);
        let wrong = diesel::sql_query("SELECT $1 FROM nowhere").bind::<Text, _>("S3CRET");
        wrong.execute(&mut connection).unwrap_err();
    })
    .await;
    let connect = trace.all(NAME)[0];
    connect.assert_ok().assert_beneath("test");
    assert_eq!(
        json!(connect.document().metadata),
        json!({"default": {"operation": "connect"}})
    );
    let asked = query(&trace, NAME, "SELECT $1 +");
    assert_eq!(
        json!(asked.sql),
        json!({
            "url": postgres.public_url(),
            "sanitized_query": "SELECT $1 + ? AS sum, ? AS \"secret\"",
            "database_type": "PostgreSQL",
            "driver_version": "diesel",
            "user": "ada",
        })
    );
    let wrong = query(&trace, NAME, "SELECT $1 FROM");
    assert_eq!(said(wrong), "SELECT $1 FROM nowhere");
    assert!(wrong.fault);
    assert_eq!(message(wrong), "relation \"nowhere\" does not exist");
    assert_discreet(&trace);
}

#[tokio::test]
async fn a_refused_connection_says_why_and_no_password() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    set_default_instrumentation(|| Some(Box::new(DieselQueries::new()))).unwrap();
    let (trace, ()) = capture(async {
        let wrong = postgres.url_with("s3cretly");
        assert!(PgConnection::establish(&wrong).is_err());
        // What libpq does not understand it quotes.
        let strange = format!("{}?password S3CRET", postgres.url());
        assert!(PgConnection::establish(&strange).is_err());
    })
    .await;
    let refused = trace.all(NAME);
    let said: Vec<_> = refused.iter().map(|one| message(one.document())).collect();
    assert_eq!(said.len(), 2, "{trace}");
    let user = "password authentication failed for user \"ada\"";
    assert!(
        said[0].contains(user) && said[0].contains("\"localhost\""),
        "{said:?}"
    );
    assert!(said[1].contains("URI query parameter: \"?\""), "{said:?}");
    assert_discreet(&trace);
}
