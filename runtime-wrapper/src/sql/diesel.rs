//! The queries of `diesel`, which tells each connection's instrumentation when one starts and when it is done.
//!
//! A connection does one thing at a time, so that what is open is one query at most, and the establishing of the connection around it.

use std::fmt::Write;

use ::diesel::ConnectionError;
use ::diesel::connection::{DebugQuery, Instrumentation, InstrumentationEvent};

use super::Database;
use crate::cause::Failure;
use crate::{Context, Subsegment};

/// What a driver is called that says nothing of its own.
const DRIVER: &str = "diesel";

/// What `diesel` writes between a query and its values.
const VALUES: &str = " -- binds: ";

/// How a file's name ends: a text that names none may be anything, such as a password in the wrong place.
const FILES: [&str; 4] = [".db", ".sqlite", ".sqlite3", ":memory:"];

/// Makes subsegments of a connection's queries: an [`Instrumentation`] for `diesel`, with the feature `diesel`.
///
/// For all connections of the process, each of which is named after its own URL; establishing one is a subsegment too:
///
/// ```
/// use lambda_xray::sql::DieselQueries;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// diesel::connection::set_default_instrumentation(|| Some(Box::new(DieselQueries::new())))?;
/// # Ok(()) }
/// ```
///
/// For one connection, with what is known of its database: `connection.set_instrumentation(DieselQueries::of(database))`.
///
/// Queries are said as `diesel` prepares them, without the values that they are bound to. The start and the end of a transaction are queries like others.
/// What the database says of a failed query is its cause.
#[derive(Debug, Default)]
pub struct DieselQueries {
    /// `None` until a connection is established.
    database: Option<Database>,
    connecting: Option<Subsegment>,
    query: Option<Subsegment>,
}

impl DieselQueries {
    /// Queries of the database that a connection is established with after this is set; of any other, those of a database called `sql`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Queries of this database.
    pub fn of(database: Database) -> Self {
        Self {
            database: Some(database),
            ..Self::default()
        }
    }

    fn connect(&mut self, url: &str) {
        // Needed where this is not recorded too: a connection outlives the request that it was made for.
        let database = self.database.get_or_insert_with(|| of_url(url));
        let connecting = database.call_in(&Context::current(), || None);
        connecting.metadata("operation", "connect");
        self.connecting = Some(connecting);
    }

    fn start(&mut self, query: &dyn DebugQuery) {
        let database = self.database.get_or_insert_with(|| of_url(""));
        let connecting = self.connecting.as_deref().cloned();
        let here = connecting.unwrap_or_else(Context::current);
        let raw = database.is_raw();
        self.query = Some(database.call_in(&here, || Some(statement(query, raw))));
    }
}

impl Instrumentation for DieselQueries {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => self.connect(url),
            InstrumentationEvent::FinishEstablishConnection { url, error, .. } => {
                let database = self.database.get_or_insert_with(|| of_url(url));
                let failure = error.map(|error| refusal(error, database));
                finish(self.connecting.take(), failure);
            }
            InstrumentationEvent::StartQuery { query, .. } => self.start(query),
            InstrumentationEvent::FinishQuery { error, .. } => {
                let failure = error.map(|error| Failure::of_error(error));
                finish(self.query.take(), failure);
            }
            _ => {}
        }
    }
}

fn finish(open: Option<Subsegment>, failure: Option<Failure>) {
    if let (Some(open), Some(failure)) = (open, failure) {
        open.fail_with(failure);
    }
}

/// Why there is no connection. Drivers quote of the URL what they do not understand, which may be its password.
fn refusal(error: &ConnectionError, database: &Database) -> Failure {
    let text = error.to_string();
    let parts = text.split('"').enumerate().map(|(at, part)| {
        let quoted = at % 2 == 1;
        if quoted && !database.says(part) {
            "?"
        } else {
            part
        }
    });
    let message = parts.collect::<Vec<_>>().join("\"");
    Failure::one("ConnectionError", message)
}

/// `diesel` takes the name of a file as it is, for `SQLite`.
fn of_url(url: &str) -> Database {
    let file = !url.contains("://") && FILES.iter().any(|ending| url.ends_with(ending));
    let sqlite = format!("sqlite:{url}");
    Database::new(if file { &sqlite } else { url }).with_driver(DRIVER)
}

/// The text of a query. Where a text of the user's cannot be written it ends.
fn statement(query: &dyn DebugQuery, raw: bool) -> String {
    let mut text = String::new();
    let _ = write!(text, "{query}");
    if !raw && let Some(end) = text.find(VALUES) {
        text.truncate(end);
    }
    text
}
