//! What clients report: how often sampling rules were used, and how daemons fare.

use rusqlite::params;
use serde_json::Value;

use super::{Shelf, StoreError};
use crate::limits;

/// One rule's counts in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Begin of the period, epoch seconds.
    pub(crate) since: i64,
    pub(crate) rule: String,
    pub(crate) requests: i64,
    pub(crate) borrowed: i64,
    pub(crate) sampled: i64,
}

impl Shelf<'_> {
    /// Adds to what was counted in the same period.
    pub(crate) fn count(&self, counted: &Counted) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO sampling_count (since, rule, requests, borrowed, sampled) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (since, rule) DO UPDATE SET requests = requests + excluded.requests,
                     borrowed = borrowed + excluded.borrowed, sampled = sampled + excluded.sampled",
            )?
            .execute(params![
                counted.since,
                counted.rule,
                counted.requests,
                counted.borrowed,
                counted.sampled
            ])?;
        Ok(())
    }

    /// Forgets periods that began before `since`.
    pub(crate) fn forget_counts(&self, since: i64) -> Result<(), StoreError> {
        self.0
            .prepare_cached("DELETE FROM sampling_count WHERE since < ?1")?
            .execute([since])?;
        Ok(())
    }

    /// Counts of periods since `from`, the oldest first and after a place in this list.
    pub(crate) fn counts(
        &self,
        from: i64,
        after: &(i64, String),
        limit: usize,
    ) -> Result<Vec<Counted>, StoreError> {
        let mut select = self.0.prepare_cached(
            "SELECT since, rule, requests, borrowed, sampled FROM sampling_count
             WHERE since >= ?1 AND (since, rule) > (?2, ?3) ORDER BY since, rule LIMIT ?4",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = select.query_map(params![from, after.0, after.1, limit], |row| {
            Ok(Counted {
                since: row.get(0)?,
                rule: row.get(1)?,
                requests: row.get(2)?,
                borrowed: row.get(3)?,
                sampled: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps reports of daemons, and of all only the last [`limits::TELEMETRY_RECORDS`].
    pub(crate) fn report(&self, records: &[Value]) -> Result<(), StoreError> {
        let mut insert = self
            .0
            .prepare_cached("INSERT INTO telemetry (body) VALUES (?1)")?;
        for record in records {
            insert.execute([record.to_string()])?;
        }
        let sql = "DELETE FROM telemetry WHERE number <= (SELECT max(number) FROM telemetry) - ?1";
        self.0
            .prepare_cached(sql)?
            .execute([limits::TELEMETRY_RECORDS])?;
        Ok(())
    }
}
