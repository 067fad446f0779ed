//! Graphs of stretches of time as they are kept, and the minutes whose graphs are not.
//!
//! What a graph is made of and what its bytes mean, this module does not know; it sees to it that none outlives a change.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::{Shelf, Snapshot, StoreError};

/// A stretch of time, from one whole multiple of its length to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stretch {
    /// Minutes.
    length: i64,
    /// Minutes since 1970.
    begin: i64,
}

impl Stretch {
    /// Minutes of each kind of stretch, each a multiple of the one before; never changed, what is stored is by them.
    pub(crate) const LENGTHS: [i64; 3] = [1, 10, 60];

    /// The stretch of a length that a minute is in.
    pub(crate) const fn around(minute: i64, length: i64) -> Self {
        let begin = minute - minute.rem_euclid(length);
        Self { length, begin }
    }

    /// Minutes since 1970: the first, and the one after the last.
    pub(crate) const fn ends(self) -> (i64, i64) {
        (self.begin, self.begin + self.length)
    }
}

/// A minute whose graph is not kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ChangedMinute {
    /// The last change of it.
    change: i64,
    /// Minutes since 1970.
    pub(crate) minute: i64,
}

/// The minute of a time.
pub(super) fn minute_of(seconds: f64) -> i64 {
    crate::clock::whole_seconds(seconds).div_euclid(60)
}

/// Takes away every graph that these minutes are part of.
pub(super) fn change(
    connection: &Connection,
    minutes: &BTreeSet<i64>,
    now: f64,
) -> rusqlite::Result<()> {
    let mut note = connection
        .prepare_cached("INSERT OR REPLACE INTO changed_minute (minute, at) VALUES (?1, ?2)")?;
    let mut forget =
        connection.prepare_cached("DELETE FROM graph WHERE minutes = ?1 AND begin = ?2")?;
    for minute in minutes {
        note.execute(params![minute, now])?;
        for length in Stretch::LENGTHS {
            forget.execute([length, Stretch::around(*minute, length).begin])?;
        }
    }
    Ok(())
}

impl Snapshot<'_> {
    /// Minutes without a graph that have not changed since `until`, those first that have waited longest.
    pub(crate) fn settled(
        &self,
        until: f64,
        limit: usize,
    ) -> Result<Vec<ChangedMinute>, StoreError> {
        let mut select = self.transaction.prepare_cached(
            "SELECT change, minute FROM changed_minute WHERE at <= ?1 ORDER BY change LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = select.query_map(params![until, limit], |row| {
            Ok(ChangedMinute {
                change: row.get(0)?,
                minute: row.get(1)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The minutes without a graph, of those from `from` to before `to`.
    pub(crate) fn changed_minutes(&self, from: i64, to: i64) -> Result<Vec<i64>, StoreError> {
        self.shelf().changed_minutes(from, to)
    }

    /// See [`Shelf::each_graph`].
    pub(crate) fn each_graph(
        &self,
        length: i64,
        range: (i64, i64),
        look: impl FnMut(Stretch, &dyn Fn() -> Result<Vec<u8>, StoreError>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.shelf().each_graph(length, range, look)
    }
}

impl Shelf<'_> {
    /// Whether any minute is without its graph.
    pub(crate) fn has_changed_minutes(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM changed_minute)";
        Ok(self.0.query_row(sql, [], |row| row.get(0))?)
    }

    fn changed_minutes(&self, from: i64, to: i64) -> Result<Vec<i64>, StoreError> {
        let mut select = self.0.prepare_cached(
            "SELECT minute FROM changed_minute WHERE minute >= ?1 AND minute < ?2 ORDER BY minute",
        )?;
        let rows = select.query_map([from, to], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether every minute of a stretch that has traces has its graph.
    pub(crate) fn is_settled(&self, stretch: Stretch) -> Result<bool, StoreError> {
        let (from, to) = stretch.ends();
        Ok(self.changed_minutes(from, to)?.is_empty())
    }

    /// Looks at every graph of a length that lies whole between two minutes, earliest first. The bytes are read only where they are asked for.
    pub(crate) fn each_graph(
        &self,
        length: i64,
        (from, to): (i64, i64),
        mut look: impl FnMut(
            Stretch,
            &dyn Fn() -> Result<Vec<u8>, StoreError>,
        ) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut select = self.0.prepare_cached(
            "SELECT begin, body FROM graph WHERE minutes = ?1 AND begin >= ?2 AND begin <= ?3 - ?1 ORDER BY begin",
        )?;
        let mut rows = select.query([length, from, to])?;
        while let Some(row) = rows.next()? {
            let begin = row.get(0)?;
            look(Stretch { length, begin }, &|| Ok(row.get(1)?))?;
        }
        Ok(())
    }

    /// Keeps the graph of a minute, none where it has no traces any more, if it has not changed since it was found.
    pub(crate) fn keep_minute(
        &self,
        found: ChangedMinute,
        body: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM changed_minute WHERE change = ?1";
        let is_as_it_was = self.0.prepare_cached(sql)?.execute([found.change])? > 0;
        if let (true, Some(body)) = (is_as_it_was, body) {
            self.keep_graph(Stretch::around(found.minute, 1), body)?;
        }
        Ok(())
    }

    /// Keeps the graph of a stretch, which has to be that of its minutes in this very state.
    pub(crate) fn keep_graph(&self, stretch: Stretch, body: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO graph VALUES (?1, ?2, ?3)";
        let values = params![stretch.length, stretch.begin, body];
        self.0.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }
}
