//! Finding traces by their marks: the few that have a rare one, or the newest of those that have frequent ones.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{OptionalExtension, Transaction, params};

use super::read::{Axis, Listed, Scan, Snapshot};
use super::{Shelf, StoreError};
use crate::limits;
use crate::mark::Mark;

/// Traces of one stretch; never changed, what is stored is by it. Longer, and each commit would write to most pages of many; shorter,
/// and a rare mark would be looked for in many stretches.
const STRETCH: i64 = 4096;

/// One bit for each.
const WORDS: usize = 4096 / 64;

/// Keeps marks of traces, by number.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    mut marks: Vec<(i64, Mark)>,
) -> rusqlite::Result<()> {
    marks.sort_unstable_by_key(|(trace, mark)| (trace / STRETCH, *mark, *trace));
    marks.dedup();
    // What is there already is mostly the same trace again, whose documents are alike.
    let mut insert = transaction.prepare_cached(
        "INSERT INTO mark VALUES (?1, ?2, ?3, ?4) ON CONFLICT (stretch, word, first)
         DO UPDATE SET places = CAST(places || excluded.places AS BLOB) WHERE places <> excluded.places",
    )?;
    let belongs = |(one, mark): &(i64, Mark), (other, another): &(i64, Mark)| {
        (one / STRETCH, mark) == (other / STRETCH, another)
    };
    for piece in marks.chunk_by(belongs) {
        let Some((first, Mark(word))) = piece.first() else {
            continue;
        };
        let places = piece.iter().flat_map(|(trace, _)| place(*trace));
        let places: Vec<u8> = places.collect();
        insert.execute(params![first / STRETCH, word, first % STRETCH, places])?;
    }
    Ok(())
}

/// Where a trace is in its stretch.
fn place(trace: i64) -> [u8; 2] {
    u16::try_from(trace % STRETCH)
        .unwrap_or_default()
        .to_le_bytes()
}

impl Shelf<'_> {
    /// Forgets the marks of stretches in which no trace is left.
    pub(super) fn forget_marks(&self) -> Result<(), StoreError> {
        let mut next = self
            .0
            .prepare_cached("SELECT min(stretch) FROM mark WHERE stretch > ?1")?;
        let mut is_used = self.0.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM trace WHERE number >= ?1 * 4096 AND number < (?1 + 1) * 4096)",
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
    /// Those that have them all, of the stretches that were looked at.
    admitted: RefCell<HashMap<i64, Places>>,
}

/// Traces of one stretch: a bit for each.
#[derive(Clone, Debug)]
struct Places(Vec<u64>);

impl Places {
    fn none() -> Self {
        Self(vec![0; WORDS])
    }

    fn add(&mut self, place: u16) {
        if let Some(word) = self.0.get_mut(usize::from(place / 64)) {
            *word |= 1 << (place % 64);
        }
    }

    fn has(&self, trace: i64) -> bool {
        let place = u16::from_le_bytes(place(trace));
        let word = self.0.get(usize::from(place / 64));
        word.is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    fn keep_only(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }
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
        Ok(Finder {
            clues,
            few,
            admitted: RefCell::default(),
        })
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
        let mut found = Vec::new();
        for stretch in first..=last {
            let begin = stretch * STRETCH;
            self.each_place(stretch, clue, |place| {
                found.push(begin + i64::from(place));
                found.len() <= most
            })?;
            if found.len() > most {
                return Ok(None);
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(Some(found))
    }

    /// The places of a stretch that have one of the marks, as long as more are wanted.
    fn each_place(
        &self,
        stretch: i64,
        clue: &[Mark],
        mut wants_more: impl FnMut(u16) -> bool,
    ) -> Result<(), StoreError> {
        let mut select = self
            .transaction
            .prepare_cached("SELECT places FROM mark WHERE stretch = ?1 AND word = ?2")?;
        for Mark(word) in clue.iter().chain([&Mark::ANY]) {
            let mut rows = select.query([stretch, *word])?;
            while let Some(row) = rows.next()? {
                let places = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                let (places, _) = places.as_chunks();
                if !(places.iter()).all(|place| wants_more(u16::from_le_bytes(*place))) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The places of a stretch that have of each clue at least one mark.
    fn places(&self, stretch: i64, clues: &[Vec<Mark>]) -> Result<Places, StoreError> {
        let mut all: Option<Places> = None;
        for clue in clues {
            let mut found = Places::none();
            self.each_place(stretch, clue, |place| {
                found.add(place);
                true
            })?;
            match &mut all {
                Some(all) => all.keep_only(&found),
                None => all = Some(found),
            }
        }
        Ok(all.unwrap_or_else(Places::none))
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
        if self.clues.is_empty() {
            return Ok(true);
        }
        let mut admitted = self.admitted.borrow_mut();
        let places = match admitted.entry(trace.number / STRETCH) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let places = snapshot.places(*unknown.key(), &self.clues)?;
                unknown.insert(places)
            }
        };
        Ok(places.has(trace.number))
    }
}
