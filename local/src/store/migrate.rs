//! The schema's version lives in `SQLite`'s `user_version`; an older file is brought up to date, a newer one refused.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// One script for each version, applied in turn; the number of scripts is the current version.
const VERSIONS: [&str; 7] = [
    include_str!("schema.sql"),
    include_str!("resources.sql"),
    include_str!("logs.sql"),
    include_str!("packed.sql"),
    include_str!("marks.sql"),
    include_str!("postings.sql"),
    include_str!("minutes.sql"),
];

pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    // Taken at once for writing, so that two processes that start together do not both create the tables.
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let newer = || StoreError::Newer {
        path: path.to_owned(),
        found,
    };
    let applied = usize::try_from(found).map_err(|_| newer())?;
    let missing = VERSIONS.get(applied..).ok_or_else(newer)?;
    for (script, version) in missing.iter().zip(found + 1..) {
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_newer_version_is_refused_with_its_number() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut connection, Path::new("traces.db")).unwrap_err();
        assert!(error.to_string().contains("schema 99"), "{error}");
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        for _ in 0..2 {
            migrate(&mut connection, Path::new("traces.db")).unwrap();
        }
        let version: i64 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, 7);
    }

    #[test]
    fn a_file_of_the_first_version_keeps_its_traces() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(VERSIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        let insert = "INSERT INTO trace VALUES (1, x'00', 1.0, 2.0, 3.0, 1)";
        connection.execute_batch(insert).unwrap();
        migrate(&mut connection, Path::new("traces.db")).unwrap();
        let rows = |table| {
            let sql = format!("SELECT count(*) FROM {table}");
            connection.query_row(&sql, [], |row| row.get(0))
        };
        assert_eq!(rows("trace"), Ok(1));
        assert_eq!(rows("resource"), Ok(0));
    }
}
