//! `diesel` on a `SQLite` file.

use diesel::prelude::*;
use diesel::sql_types::Text;
use lambda_xray::sql::{Database, DieselQueries};
use lambda_xray::testing::{Trace, capture, capture_unsampled};
use serde_json::json;

use crate::captured::{assert_discreet, queries, query, said};

diesel::table! {
    orders (id) {
        id -> Integer,
        customer -> Text,
    }
}

const ORDERS: &str = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL UNIQUE)";

fn order(connection: &mut SqliteConnection, customer: &str) -> QueryResult<usize> {
    let values = orders::customer.eq(customer);
    diesel::insert_into(orders::table)
        .values(values)
        .execute(connection)
}

fn traced(work: impl FnOnce(&mut SqliteConnection, &str)) -> (Trace, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.db");
    let path = path.to_str().unwrap();
    let mut connection = SqliteConnection::establish(path).unwrap();
    let database = Database::new(&format!("sqlite:{path}")).with_version("3");
    connection.set_instrumentation(DieselQueries::of(database.with_driver("diesel 2")));
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let (trace, ()) = runtime.block_on(capture(async { work(&mut connection, path) }));
    (trace, path.to_owned())
}

#[test]
fn each_query_says_what_was_asked_and_not_the_values() {
    let (trace, path) = traced(|connection, _| {
        diesel::sql_query(ORDERS).execute(connection).unwrap();
        order(connection, "S3CRET\n-- Ada").unwrap();
        let found = orders::table
            .filter(orders::customer.like("S3CRET%"))
            .select((orders::id, orders::customer))
            .load::<(i32, String)>(connection)
            .unwrap();
        assert_eq!(found, [(1, "S3CRET\n-- Ada".to_owned())]);
        let literal = "SELECT id FROM orders WHERE customer = 'S3CRET'";
        diesel::sql_query(literal).execute(connection).unwrap();
    });
    assert_eq!(trace.all("orders.db").len(), 4, "{trace}");
    let select = query(&trace, "orders.db", "SELECT `orders`.`id`");
    assert_eq!(
        json!(select.sql),
        json!({
            "url": format!("sqlite:{path}"),
            "sanitized_query": "SELECT `orders`.`id`, `orders`.`customer` FROM `orders` WHERE (`orders`.`customer` LIKE ?)",
            "database_type": "SQLite",
            "database_version": "3",
            "driver_version": "diesel 2",
        })
    );
    let insert = query(&trace, "orders.db", "INSERT");
    let inserted = "INSERT INTO `orders` (`customer`) VALUES (?)";
    assert_eq!(said(insert), inserted);
    let literal = query(&trace, "orders.db", "SELECT id");
    assert_eq!(said(literal), "SELECT id FROM orders WHERE customer = ?");
    for one in trace.all("orders.db") {
        one.assert_ok().assert_beneath("test");
    }
    assert_discreet(&trace);
}

#[test]
fn what_the_database_says_is_the_cause() {
    let (trace, _) = traced(|connection, _| {
        diesel::sql_query(ORDERS).execute(connection).unwrap();
        order(connection, "Ada").unwrap();
        order(connection, "Ada").unwrap_err();
        let missing = diesel::sql_query("SELECT no_column FROM orders");
        missing.execute(connection).unwrap_err();
    });
    let inserts = queries(&trace, "orders.db", "INSERT");
    let faults: Vec<_> = inserts.iter().map(|insert| insert.fault).collect();
    assert_eq!(faults, [false, true], "{trace}");
    let cause = json!(inserts[1].cause)["exceptions"][0].clone();
    let text = cause["message"].as_str().unwrap();
    assert_eq!(text, "UNIQUE constraint failed: orders.customer");
    let missing = query(&trace, "orders.db", "SELECT no_column");
    assert!(missing.fault, "{trace}");
}

#[test]
fn a_transaction_is_its_queries_and_stands_where_it_runs() {
    let (trace, _) = traced(|connection, _| {
        diesel::sql_query(ORDERS).execute(connection).unwrap();
        let charge = lambda_xray::subsegment("charge");
        charge.in_scope(|| {
            let undone = connection.transaction(|connection| {
                order(connection, "Ada")?;
                Err::<(), _>(diesel::result::Error::RollbackTransaction)
            });
            undone.unwrap_err();
        });
    });
    let beneath = trace.find("charge").children();
    let said: Vec<_> = beneath.iter().map(|one| said(one.document())).collect();
    let insert = "INSERT INTO `orders` (`customer`) VALUES (?)";
    assert_eq!(said, ["BEGIN", insert, "ROLLBACK"]);
}

#[test]
fn raw_queries_are_said_with_what_they_are_bound_to() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    let database = Database::new("sqlite::memory:").with_raw_queries();
    connection.set_instrumentation(DieselQueries::of(database));
    let mut ask = || {
        let ask = diesel::sql_query("SELECT ? AS customer").bind::<Text, _>("Ada");
        ask.execute(&mut connection).unwrap();
    };
    let (trace, ()) = runtime.block_on(capture(async { ask() }));
    let asked = query(&trace, ":memory:", "SELECT");
    assert_eq!(said(asked), "SELECT ? AS customer -- binds: [\"Ada\"]");
    let (trace, ()) = runtime.block_on(capture_unsampled(async { ask() }));
    assert_eq!(trace.documents().len(), 0);
}
