//! The `sql` block of a subsegment that calls a SQL database.

use serde::{Deserialize, Serialize};

use super::Text;

/// A query; each text at most 250 characters but for the query itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sql<'a> {
    /// The connection string where it is no URL, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_string: Option<Text<'a>>,
    /// The connection's URL, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Text<'a>>,
    /// The query with its values taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanitized_query: Option<Text<'a>>,
    /// The engine, such as `PostgreSQL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_type: Option<Text<'a>>,
    /// The engine's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_version: Option<Text<'a>>,
    /// The driver and its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_version: Option<Text<'a>>,
    /// The database's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Text<'a>>,
    /// How the query was prepared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preparation: Option<Preparation>,
}

/// How a query was prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preparation {
    /// A stored procedure.
    Call,
    /// A prepared statement.
    Statement,
}
