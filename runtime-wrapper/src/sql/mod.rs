//! Database queries, for drivers that know nothing of traces.
//!
//! ```
//! use lambda_xray::FutureExt;
//! use lambda_xray::sql::Database;
//!
//! # async fn fetch(_: &str) -> Result<u32, std::io::Error> { Ok(1) }
//! # async fn handler() -> Result<(), std::io::Error> {
//! // Once, where the connection is made:
//! let database = Database::new("postgres://ada:secret@db.example.com/orders").with_driver("tokio-postgres");
//! assert_eq!(database.name(), "orders@db.example.com");
//!
//! // Around each query:
//! let query = "SELECT total FROM orders WHERE customer = 'Ada'";
//! fetch(query).capture(database.query(query)).await?;
//! # Ok(()) }
//! ```
//!
//! The subsegment is named `database@host`, as X-Ray draws the node, has the namespace `remote`, and says the query with `?` in place of its
//! texts and numbers. A connection string is read by what is known to be harmless in it; all else, such as a password, is left out.
//!
//! For `sqlx` nothing stands around the query: with the feature `tracing`, `SpanLayer::with_sqlx` takes a [`Database`] and what `sqlx` says of each.
//! Nor for `diesel`: with the feature `diesel`, `DieselQueries` instruments its connections.

mod connection;
mod database;
#[cfg(feature = "diesel")]
mod diesel;
mod pairs;
mod statement;

pub use database::Database;
#[cfg(feature = "diesel")]
pub use diesel::DieselQueries;
#[cfg(feature = "tracing")]
pub(crate) use statement::{Quotes, without_values};
