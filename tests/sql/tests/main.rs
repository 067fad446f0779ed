//! Queries of real databases by their real drivers, and the subsegments that come of them.

mod by_hand;
mod captured;
mod diesel_async;
mod diesel_postgres;
mod diesel_sqlite;
mod sqlx_postgres;
mod sqlx_sqlite;
