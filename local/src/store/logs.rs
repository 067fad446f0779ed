//! Log events by the trace and by the invocation they belong to.

use rusqlite::types::ToSql;
use rusqlite::{Row, params};
use xray_segment::TraceId;

use super::{Shelf, Snapshot, StoreError};

/// A line, or several, that a function printed at once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Logged {
    /// Epoch seconds.
    pub(crate) time: f64,
    /// The invocation, where whoever sent the event knew it.
    pub(crate) request: Option<String>,
    pub(crate) trace: Option<TraceId>,
    pub(crate) function: Option<String>,
    pub(crate) message: String,
}

/// A stored event. Numbers rise in the order in which events came, which decides between events of one time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Numbered {
    pub(crate) number: i64,
    pub(crate) event: Logged,
}

impl Shelf<'_> {
    /// Keeps events that came at `now`.
    pub(crate) fn log(&self, events: &[Logged], now: f64) -> Result<(), StoreError> {
        let mut insert = self.0.prepare_cached(
            "INSERT INTO log (time, came, request, trace, function, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for event in events {
            insert.execute(params![
                event.time,
                now,
                event.request,
                event.trace.as_ref().map(TraceId::as_bytes),
                event.function,
                event.message
            ])?;
        }
        Ok(())
    }
}

impl Snapshot<'_> {
    /// The earliest events that name this trace.
    pub(crate) fn logs_of_trace(
        &self,
        trace: TraceId,
        limit: usize,
    ) -> Result<Vec<Numbered>, StoreError> {
        self.logs("trace = ?1", &trace.as_bytes(), limit)
    }

    /// The earliest events that name this invocation.
    pub(crate) fn logs_of_request(
        &self,
        request: &str,
        limit: usize,
    ) -> Result<Vec<Numbered>, StoreError> {
        self.logs("request = ?1", &request, limit)
    }

    fn logs(
        &self,
        which: &'static str,
        value: &dyn ToSql,
        limit: usize,
    ) -> Result<Vec<Numbered>, StoreError> {
        let sql = format!(
            "SELECT number, time, request, trace, function, message FROM log WHERE {which} ORDER BY time, number LIMIT ?2"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut select = self.transaction.prepare_cached(&sql)?;
        let rows = select.query_map(params![value, limit], numbered)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn numbered(row: &Row<'_>) -> rusqlite::Result<Numbered> {
    let trace: Option<[u8; 16]> = row.get(3)?;
    Ok(Numbered {
        number: row.get(0)?,
        event: Logged {
            time: row.get(1)?,
            request: row.get(2)?,
            trace: trace.map(TraceId::from_bytes),
            function: row.get(4)?,
            message: row.get(5)?,
        },
    })
}
