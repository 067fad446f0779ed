//! The `NextToken` of a request: where the next page of a list begins.

use serde::Deserialize;

use super::error::ApiError;

/// A token that this service gave with the page before.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Token {
    #[serde(rename = "NextToken", default)]
    next: Option<String>,
}

impl Token {
    /// The place it stands for, in the words of the list.
    pub(super) fn read<T>(&self, parse: fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let place = self.next.as_deref().map(|it| parse(it).ok_or_else(unknown));
        place.transpose()
    }

    /// For lists that are always answered whole: there is no token for them.
    pub(super) fn none(&self) -> Result<(), ApiError> {
        self.read::<()>(|_| None).map(|_| ())
    }
}

fn unknown() -> ApiError {
    ApiError::invalid("NextToken is not one that this service gave")
}
