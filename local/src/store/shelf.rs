//! What users set up (sampling rules, groups, settings): kept as JSON by kind and name.
//!
//! There are few of each and they are small, so that what they mean is decided in Rust; a table of its own for each would only
//! repeat their fields in SQL.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// Something that is kept on the shelf.
pub(crate) trait Kept: Serialize + DeserializeOwned {
    /// Where on the shelf it stands; never changed, or what is stored is lost.
    const KIND: &'static str;
}

/// The resources in one state of the store: to be read, and inside of a change to be written.
#[derive(Debug)]
pub(crate) struct Shelf<'t>(pub(super) &'t Connection);

impl Shelf<'_> {
    /// The one of this name.
    pub(crate) fn get<T: Kept>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let body: Option<String> = self
            .0
            .prepare_cached("SELECT body FROM resource WHERE kind = ?1 AND name = ?2")?
            .query_row([T::KIND, name], |row| row.get(0))
            .optional()?;
        body.map(|body| parse(&body)).transpose()
    }

    /// All of a kind, by name.
    pub(crate) fn all<T: Kept>(&self) -> Result<Vec<T>, StoreError> {
        let mut select = self
            .0
            .prepare_cached("SELECT body FROM resource WHERE kind = ?1 ORDER BY name")?;
        let mut rows = select.query([T::KIND])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(parse(row.get_ref(0)?.as_str().map_err(Error::from)?)?);
        }
        Ok(all)
    }

    /// Puts it there, in the place of an earlier one of this name.
    pub(crate) fn keep<T: Kept>(&self, name: &str, it: &T) -> Result<(), StoreError> {
        let body = serde_json::to_string(it)
            .map_err(|error| Error::ToSqlConversionFailure(error.into()))?;
        self.0
            .prepare_cached(
                "INSERT INTO resource (kind, name, body) VALUES (?1, ?2, ?3)
                 ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
            )?
            .execute([T::KIND, name, &body])?;
        Ok(())
    }

    /// Takes it away, if it is there.
    pub(crate) fn remove<T: Kept>(&self, name: &str) -> Result<(), StoreError> {
        self.0
            .prepare_cached("DELETE FROM resource WHERE kind = ?1 AND name = ?2")?
            .execute([T::KIND, name])?;
        Ok(())
    }

    /// A text that nobody has seen before: 32 hexadecimal digits.
    pub(crate) fn unique(&self) -> Result<String, StoreError> {
        let sql = "SELECT hex(randomblob(16))";
        Ok(self.0.query_row(sql, [], |row| row.get(0))?)
    }
}

fn parse<T: DeserializeOwned>(body: &str) -> Result<T, StoreError> {
    let failure = |error: serde_json::Error| {
        Error::FromSqlConversionFailure(0, Type::Text, error.into()).into()
    };
    serde_json::from_str(body).map_err(failure)
}
