//! Finding traces by their marks: the few that have a rare one, or the newest of those that have frequent ones.

use rusqlite::{OptionalExtension, Transaction, params};

use super::read::{Axis, Listed, Scan, Snapshot};
use super::{Shelf, StoreError};
use crate::limits;
use crate::mark::Mark;

/// Traces of one stretch; never changed, what is stored is by it.
const STRETCH: i64 = 16_384;

/// Keeps marks of traces, by number.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    mut marks: Vec<(i64, Mark)>,
) -> rusqlite::Result<()> {
    marks.sort_unstable_by_key(|(trace, mark)| (trace / STRETCH, *mark, *trace));
    marks.dedup();
    let mut insert =
        transaction.prepare_cached("INSERT OR IGNORE INTO mark VALUES (?1, ?2, ?3)")?;
    for (trace, Mark(word)) in marks {
        insert.execute([trace / STRETCH, word, trace])?;
    }
    Ok(())
}

impl Shelf<'_> {
    /// Forgets the marks of stretches in which no trace is left.
    pub(super) fn forget_marks(&self) -> Result<(), StoreError> {
        let mut next = self
            .0
            .prepare_cached("SELECT min(stretch) FROM mark WHERE stretch > ?1")?;
        let mut is_used = self.0.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM trace WHERE number >= ?1 * 16384 AND number < (?1 + 1) * 16384)",
        )?;
        let mut stretch = -1;
        while let Some(found) = next.query_row([stretch], |row| row.get::<_, Option<i64>>(0))? {
            stretch = found;
            if !is_used.query_row([stretch], |row| row.get::<_, bool>(0))? {
                let sql = "DELETE FROM mark WHERE stretch = ?1";
                self.0.prepare_cached(sql)?.execute([stretch])?;
            }
        }
        Ok(())
    }
}

/// How traces with certain marks are found.
#[derive(Debug)]
pub(crate) struct Finder {
    /// Of each of these, a trace has at least one.
    clues: Vec<Vec<Mark>>,
    /// All that may come into question on the axis, newest first; `None` where they are many.
    few: Option<Vec<Listed>>,
}

impl Snapshot<'_> {
    /// Looks how to find traces that have of each clue at least one mark.
    pub(crate) fn finder(&self, scan: &Scan, clues: Vec<Vec<Mark>>) -> Result<Finder, StoreError> {
        let mut fewest: Option<Vec<i64>> = None;
        for clue in &clues {
            let most = fewest.as_ref().map_or(limits::FEW_TRACES, Vec::len);
            if let Some(found) = self.marked(clue, most)? {
                fewest = Some(found);
            }
        }
        let few = fewest
            .map(|numbers| self.listed(&numbers, scan))
            .transpose()?;
        Ok(Finder { clues, few })
    }

    /// The traces that have one of the marks; `None` where they are more than `most`.
    fn marked(&self, clue: &[Mark], most: usize) -> Result<Option<Vec<i64>>, StoreError> {
        // One at a time: SQLite looks up either of the two at once, and both together in the whole table.
        let ends = "SELECT (SELECT min(stretch) FROM mark), (SELECT max(stretch) FROM mark)";
        let (first, last): (Option<i64>, Option<i64>) = (self.transaction.prepare_cached(ends)?)
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(Some(Vec::new()));
        };
        let mut select = self
            .transaction
            .prepare_cached("SELECT trace FROM mark WHERE stretch = ?1 AND word = ?2")?;
        let mut found = Vec::new();
        for stretch in first..=last {
            for Mark(word) in clue.iter().chain([&Mark::ANY]) {
                let mut rows = select.query([stretch, *word])?;
                while let Some(row) = rows.next()? {
                    if found.len() >= most {
                        return Ok(None);
                    }
                    found.push(row.get(0)?);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(Some(found))
    }

    /// Those of the range, newest first.
    fn listed(&self, numbers: &[i64], scan: &Scan) -> Result<Vec<Listed>, StoreError> {
        let mut select = self.transaction.prepare_cached(match scan.axis {
            Axis::Start => "SELECT id, start, revision FROM trace WHERE number = ?1 AND start >= ?2 AND start < ?3",
            Axis::End => "SELECT id, finish, revision FROM trace WHERE number = ?1 AND finish >= ?2 AND finish < ?3",
            Axis::Updated => "SELECT id, updated, revision FROM trace WHERE number = ?1 AND updated >= ?2 AND updated < ?3",
        })?;
        let mut listed = Vec::new();
        for number in numbers {
            let row = select.query_row(params![number, scan.from, scan.to], |row| {
                Listed::read(*number, row)
            });
            listed.extend(row.optional()?);
        }
        listed.sort_by(|a, b| {
            b.time
                .total_cmp(&a.time)
                .then_with(|| b.id.as_bytes().cmp(a.id.as_bytes()))
        });
        Ok(listed)
    }

    fn has(&self, trace: i64, clue: &[Mark]) -> Result<bool, StoreError> {
        let mut select = self
            .transaction
            .prepare_cached("SELECT 1 FROM mark WHERE stretch = ?1 AND word = ?2 AND trace = ?3")?;
        for Mark(word) in clue.iter().chain([&Mark::ANY]) {
            if select.exists([trace / STRETCH, *word, trace])? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Finder {
    /// The next traces of a list, some of which may not match; fewer than the scan's limit at its end.
    pub(crate) fn next(
        &self,
        snapshot: &Snapshot<'_>,
        scan: &Scan,
    ) -> Result<Vec<Listed>, StoreError> {
        let Some(few) = &self.few else {
            return snapshot.scan(scan);
        };
        let is_after = |it: &&Listed| {
            scan.after
                .is_none_or(|after| (it.time, it.id.as_bytes()) < (after.time, after.id.as_bytes()))
        };
        Ok(few
            .iter()
            .filter(is_after)
            .take(scan.limit)
            .copied()
            .collect())
    }

    /// Whether a trace may match.
    pub(crate) fn admits(
        &self,
        snapshot: &Snapshot<'_>,
        trace: &Listed,
    ) -> Result<bool, StoreError> {
        for clue in &self.clues {
            if !snapshot.has(trace.number, clue)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
