//! Reading: one trace's documents, and traces newest first.

use std::cell::RefCell;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::Value;
use xray_segment::TraceId;

use super::body::Unpacker;
use super::{Shelf, StoreError};
use crate::limits;

/// One state of the store; what is written meanwhile is not seen.
#[derive(Debug)]
pub(crate) struct Snapshot<'c> {
    pub(super) transaction: Transaction<'c>,
    unpacker: RefCell<Unpacker>,
}

/// Which of a trace's times a range is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Its earliest start.
    Start,
    /// Its latest end.
    End,
    /// When its last document came.
    Updated,
}

/// A place in a list of traces that runs from new to old.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cursor {
    /// Epoch seconds on the list's axis.
    pub(crate) time: f64,
    /// Decides between traces of one time.
    pub(crate) id: TraceId,
}

/// Which traces to list: `from <= time < to`, older than `after`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scan {
    pub(crate) axis: Axis,
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) after: Option<Cursor>,
    pub(crate) limit: usize,
}

/// One trace of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(super) number: i64,
    pub(crate) id: TraceId,
    /// Epoch seconds on the list's axis.
    pub(crate) time: f64,
    pub(crate) revision: i64,
}

impl Listed {
    /// From the columns id, time and revision.
    pub(super) fn read(number: i64, row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number,
            id: TraceId::from_bytes(row.get(0)?),
            time: row.get(1)?,
            revision: row.get(2)?,
        })
    }
}

/// A trace's documents as far as they fit.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) bodies: Vec<Value>,
    /// Some were left out because of [`limits::TRACE_BYTES`].
    pub(crate) cut: bool,
}

impl<'c> Snapshot<'c> {
    pub(super) fn take(connection: &'c mut Connection) -> Result<Self, StoreError> {
        Ok(Self {
            transaction: connection.transaction()?,
            unpacker: RefCell::new(Unpacker::new().map_err(rusqlite::Error::from)?),
        })
    }

    /// The resources in this state.
    pub(crate) fn shelf(&self) -> Shelf<'_> {
        Shelf(&self.transaction)
    }

    /// The documents of a trace, `None` when nothing of it ever came.
    pub(crate) fn trace(&self, id: TraceId) -> Result<Option<Documents>, StoreError> {
        let number = self
            .transaction
            .prepare_cached("SELECT number FROM trace WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        number.map(|number| self.documents(number)).transpose()
    }

    /// The documents of a listed trace.
    pub(crate) fn documents_of(&self, listed: &Listed) -> Result<Documents, StoreError> {
        self.documents(listed.number)
    }

    fn documents(&self, number: i64) -> Result<Documents, StoreError> {
        let mut select = self
            .transaction
            .prepare_cached("SELECT body FROM document WHERE trace = ?1 ORDER BY id")?;
        let mut rows = select.query([number])?;
        let mut unpacker = self.unpacker.borrow_mut();
        let mut documents = Documents::default();
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            let body = unpacker
                .text(row.get_ref(0)?)
                .map_err(rusqlite::Error::from)?;
            bytes += body.len();
            if bytes > limits::TRACE_BYTES {
                documents.cut = true;
                break;
            }
            // Only text that was parsed once is ever stored.
            documents.bodies.extend(serde_json::from_slice(body).ok());
        }
        Ok(documents)
    }

    /// Traces of a range, newest first.
    pub(crate) fn scan(&self, scan: &Scan) -> Result<Vec<Listed>, StoreError> {
        let sql = match scan.axis {
            Axis::Start => {
                "SELECT number, id, start, revision FROM trace WHERE start >= ?1 AND start < ?2 AND (start, id) < (?3, ?4)
                 ORDER BY start DESC, id DESC LIMIT ?5"
            }
            Axis::End => {
                "SELECT number, id, finish, revision FROM trace WHERE finish >= ?1 AND finish < ?2 AND (finish, id) < (?3, ?4)
                 ORDER BY finish DESC, id DESC LIMIT ?5"
            }
            Axis::Updated => {
                "SELECT number, id, updated, revision FROM trace WHERE updated >= ?1 AND updated < ?2 AND (updated, id) < (?3, ?4)
                 ORDER BY updated DESC, id DESC LIMIT ?5"
            }
        };
        let after = scan.after.unwrap_or(Cursor {
            time: f64::MAX,
            id: TraceId::from_bytes([0xff; 16]),
        });
        let limit = i64::try_from(scan.limit).unwrap_or(i64::MAX);
        let mut select = self.transaction.prepare_cached(sql)?;
        let rows = select.query_map(
            params![scan.from, scan.to, after.time, after.id.as_bytes(), limit],
            |row| {
                Ok(Listed {
                    number: row.get(0)?,
                    id: TraceId::from_bytes(row.get(1)?),
                    time: row.get(2)?,
                    revision: row.get(3)?,
                })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
