//! The queries of `diesel`, which tells each connection's instrumentation when one starts and when it is done.
//!
//! A connection does one thing at a time, but for `diesel-async`, which may send the next query before the last one is answered: which of those is done
//! is known by the text that is told along with it, and among equals by their order, in which they are answered.

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

/// Queries that may be open at once. One that is given up on is never told to be done: it makes room for others.
const OPEN: usize = 32;

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
///
/// Connections of `diesel-async` tell the same, a query when it is made: `async { query.execute(connection).await }.in_subsegment(…)` is beneath
/// that subsegment, and without the block it is not. Its `SyncConnectionWrapper` asks on a thread for blocking work, where no trace is known: its queries are
/// in none.
#[derive(Debug, Default)]
pub struct DieselQueries {
    /// `None` until a connection is established.
    database: Option<Database>,
    connecting: Option<Subsegment>,
    /// The oldest first.
    queries: Vec<Asked>,
}

/// A query that is not answered yet.
#[derive(Debug)]
struct Asked {
    text: String,
    /// Closed when it is dropped.
    subsegment: Subsegment,
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
        let connecting = database.call_in(&Context::current());
        connecting.metadata("operation", "connect");
        self.connecting = Some(connecting);
    }

    fn start(&mut self, query: &dyn DebugQuery) {
        let database = self.database.get_or_insert_with(|| of_url(""));
        let connecting = self.connecting.as_deref().cloned();
        let here = connecting.unwrap_or_else(Context::current);
        if !here.is_recorded() {
            return;
        }
        let said = shown(query);
        let text = without_bound(&said).to_owned();
        let said = if database.is_raw() { &said } else { &text };
        let subsegment = database.query_in(&here, said);
        if self.queries.len() == OPEN {
            self.queries.remove(0);
        }
        self.queries.push(Asked { text, subsegment });
    }

    fn finish(&mut self, query: &dyn DebugQuery, error: Option<&::diesel::result::Error>) {
        if self.queries.is_empty() {
            return;
        }
        let shown = shown(query);
        let same = |asked: &Asked| asked.text == without_bound(&shown);
        let asked = self.queries.iter().position(same);
        let asked = asked.map(|at| self.queries.remove(at).subsegment);
        end(asked, error.map(|error| Failure::of_error(error)));
    }
}

impl Instrumentation for DieselQueries {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => self.connect(url),
            InstrumentationEvent::FinishEstablishConnection { url, error, .. } => {
                let database = self.database.get_or_insert_with(|| of_url(url));
                let failure = error.map(|error| refusal(error, database));
                end(self.connecting.take(), failure);
            }
            InstrumentationEvent::StartQuery { query, .. } => self.start(query),
            InstrumentationEvent::FinishQuery { query, error, .. } => self.finish(query, error),
            _ => {}
        }
    }
}

/// Closes what is open.
fn end(open: Option<Subsegment>, failure: Option<Failure>) {
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

/// A query as `diesel` shows it. Where a text of the user's cannot be written it ends.
fn shown(query: &dyn DebugQuery) -> String {
    let mut text = String::new();
    let _ = write!(text, "{query}");
    text
}

/// The query without what it is bound to, which is not always told.
fn without_bound(shown: &str) -> &str {
    shown.split(VALUES).next().unwrap_or_default()
}
