//! What the tests of this package need: a PostgreSQL of their own.
