//! What goes first: the oldest, by when it came, traces and log events alike.
//!
//! By when it came and not by when it began: documents may be of any age, and who has just sent an old one wants to see it.

use rusqlite::{OptionalExtension, params};

use super::{Shelf, StoreError, minutes};

/// A point in time before which nothing is kept, epoch seconds.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Cutoff(pub(crate) f64);

impl Shelf<'_> {
    /// Bytes in use. The file may be larger: what was freed is used again.
    pub(crate) fn bytes(&self) -> Result<u64, StoreError> {
        let pragma = |name| -> Result<u64, StoreError> {
            let number: i64 = self.0.pragma_query_value(None, name, |row| row.get(0))?;
            Ok(u64::try_from(number).unwrap_or_default())
        };
        let used = pragma("page_count")?.saturating_sub(pragma("freelist_count")?);
        Ok(used * pragma("page_size")?)
    }

    /// When the oldest trace or event came; none where there is nothing.
    pub(crate) fn oldest(&self) -> Result<Option<Cutoff>, StoreError> {
        self.nth_oldest(0)
    }

    /// When the nth trace or the nth event came, whichever was earlier.
    fn nth_oldest(&self, n: i64) -> Result<Option<Cutoff>, StoreError> {
        let mut earliest: Option<f64> = None;
        for sql in [
            "SELECT updated FROM trace ORDER BY updated LIMIT 1 OFFSET ?1",
            "SELECT came FROM log ORDER BY came LIMIT 1 OFFSET ?1",
        ] {
            let mut select = self.0.prepare_cached(sql)?;
            let found: Option<f64> = select.query_row([n], |row| row.get(0)).optional()?;
            earliest = match (earliest, found) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        Ok(earliest.map(Cutoff))
    }

    /// Forgets the oldest, about `most` of each kind, but nothing that came after `until`. Says whether there was any.
    pub(crate) fn forget(&self, until: Cutoff, most: i64) -> Result<bool, StoreError> {
        // Where there are fewer, a part of them: not everything has to go.
        let steps = [most, most / 4, most / 16, most / 64, most / 256, 1];
        for step in steps {
            if let Some(nth) = self.nth_oldest(step - 1)? {
                let cutoff = if nth < until { nth } else { until };
                return self.forget_until(cutoff);
            }
        }
        Ok(false)
    }

    fn forget_until(&self, Cutoff(cutoff): Cutoff) -> Result<bool, StoreError> {
        let mut minutes = self.0.prepare_cached(
            "SELECT DISTINCT CAST(start / 60 AS INTEGER) FROM trace WHERE updated <= ?1",
        )?;
        let minutes = minutes.query_map([cutoff], |row| row.get(0))?;
        minutes::change(self.0, &minutes.collect::<Result<_, _>>()?, 0.0)?;
        let mut gone = 0;
        for sql in [
            "DELETE FROM document WHERE trace IN (SELECT number FROM trace WHERE updated <= ?1)",
            "DELETE FROM trace WHERE updated <= ?1",
            "DELETE FROM log WHERE came <= ?1",
        ] {
            gone += self.0.prepare_cached(sql)?.execute(params![cutoff])?;
        }
        self.forget_marks()?;
        Ok(gone > 0)
    }
}
