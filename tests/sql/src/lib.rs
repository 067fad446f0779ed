//! What the tests of this package need: a Postgres of their own.

mod installed;
mod postgres;

pub use postgres::Postgres;
