//! A database that is asked, and the subsegment of a query.

use xray_segment::document::{Namespace, Sql};
use xray_segment::limits;
use xray_segment::name::{cut, legal_name};

use super::connection::Connection;
use super::statement::{Quotes, without_values};
use crate::{Context, Subsegment};

/// A database, by what its connection string says without secrets. Make one where the connection is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    name: String,
    said: Sql<'static>,
    raw: bool,
}

impl Database {
    /// Reads a connection string: a URL (`postgres://`, `mysql://`, `sqlite:`, `sqlserver://`), any of JDBC, or pairs such as
    /// `host=db dbname=orders` and `Server=db;Database=orders`. What cannot be read is left out, and a database is called `sql`.
    pub fn new(connection: &str) -> Self {
        let read = Connection::read(connection);
        let name = match (&read.database, &read.host) {
            (Some(database), Some(host)) => format!("{database}@{host}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => "sql".to_owned(),
        };
        Self {
            name: legal_name(&name).into_owned(),
            said: Sql {
                url: read.url.and_then(|url| short(&url)),
                connection_string: read.pairs.and_then(|pairs| short(&pairs)),
                database_type: read.kind.map(Into::into),
                user: read.user.and_then(|user| short(&user)),
                ..Sql::default()
            },
            raw: false,
        }
    }

    /// The engine, such as `PostgreSQL`, where the connection string does not say it; it decides how queries are read.
    #[must_use]
    pub fn with_type(mut self, engine: &str) -> Self {
        self.said.database_type = short(engine);
        self
    }

    /// The engine's version.
    #[must_use]
    pub fn with_version(mut self, version: &str) -> Self {
        self.said.database_version = short(version);
        self
    }

    /// The driver and its version, such as `tokio-postgres 0.7`.
    #[must_use]
    pub fn with_driver(mut self, driver: &str) -> Self {
        self.said.driver_version = short(driver);
        self
    }

    /// Says queries as they are, with the values in them: only where everybody who reads traces may read the data.
    #[must_use]
    pub fn with_raw_queries(mut self) -> Self {
        self.raw = true;
        self
    }

    /// What its subsegments are named: `database@host`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens the subsegment of a query beneath the [current](crate#what-is-open-while-what-runs) one.
    pub fn query(&self, query: &str) -> Subsegment {
        self.query_in(&Context::current(), query)
    }

    /// Opens the subsegment of a query beneath that of a context.
    pub fn query_in(&self, context: &Context, query: &str) -> Subsegment {
        self.open_in(context, Some(query))
    }

    /// Opens the subsegment of a call that is no query, such as the making of a connection.
    #[cfg(feature = "diesel")]
    pub(super) fn call_in(&self, context: &Context) -> Subsegment {
        self.open_in(context, None)
    }

    fn open_in(&self, context: &Context, query: Option<&str>) -> Subsegment {
        let opened = context.subsegment(&self.name);
        if opened.is_recorded() {
            opened.sql(Sql {
                sanitized_query: query.map(|query| self.public(query).into()),
                ..self.said.clone()
            });
            opened.namespace(Namespace::Remote);
        }
        opened
    }

    /// Whether queries are said with their values.
    #[cfg(feature = "diesel")]
    pub(super) fn is_raw(&self) -> bool {
        self.raw
    }

    /// Whether a text is a part of what is said of the database anyway.
    #[cfg(feature = "diesel")]
    pub(super) fn says(&self, text: &str) -> bool {
        let said = [
            &self.said.url,
            &self.said.connection_string,
            &self.said.user,
        ];
        said.into_iter().flatten().any(|said| said.contains(text))
    }

    fn public(&self, query: &str) -> String {
        if self.raw {
            return query.to_owned();
        }
        without_values(query, Quotes::of(self.said.database_type.as_deref()))
    }
}

fn short(text: &str) -> Option<std::borrow::Cow<'static, str>> {
    let text = cut(text.trim(), limits::TEXT_CHARS);
    (!text.is_empty()).then(|| text.to_owned().into())
}
