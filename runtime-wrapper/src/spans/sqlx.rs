//! The queries of `sqlx`, which says each with an event once it is done: when it began is what it took before now.
//!
//! The event has the beginning of the query (`summary`) and, where that is not all of it, the query (`db.statement`), what came of it and the seconds it
//! took. It does not say which database was asked, nor whether it failed: that is what the caller's own span or subsegment says.

use tracing::{Event, Metadata};
use xray_segment::Timestamp;

use super::fields::{Fields, text};
use crate::Context;
use crate::sql::Database;

/// Whether an event is that of a query.
pub(super) fn is_query(event: &Metadata<'_>) -> bool {
    event.target() == "sqlx::query"
}

/// Makes a subsegment of a query that is done, beneath `context`.
pub(super) fn tell(context: &Context, database: &Database, event: &Event<'_>) {
    if !context.is_recorded() {
        return;
    }
    let mut fields = Fields::of(|visit| event.record(visit));
    let took = fields.take("elapsed_secs").and_then(|took| took.as_f64());
    let query = database.query_in(context, &statement(&mut fields));
    if let Some((recording, entry)) = query.recording() {
        recording.edit(entry, |document, _| {
            document.start_time = before(document.start_time, took.unwrap_or_default());
        });
    }
    for name in ["rows_affected", "rows_returned"] {
        if let Some(rows) = fields.take(name) {
            query.metadata(name, rows);
        }
    }
}

fn statement(fields: &mut Fields) -> String {
    let mut said = |name| fields.take(name).as_ref().map(text);
    let whole = said("db.statement").filter(|statement| !statement.trim().is_empty());
    let statement = whole.or_else(|| said("summary")).unwrap_or_default();
    statement.trim().to_owned()
}

fn before(now: Timestamp, seconds: f64) -> Timestamp {
    let began = Timestamp::from_seconds(now.as_seconds() - seconds.max(0.0));
    began.unwrap_or(now)
}
