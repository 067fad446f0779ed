//! Why a text is no filter expression: where, what was found, and what may stand there.

use thiserror::Error;

use crate::limits;
use crate::refusal::Refusal;

/// A filter expression that cannot be read. Characters are counted from 1.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum FilterError {
    /// Something stands where something else may.
    #[error("FilterExpression at character {at}: found {found}, but here may stand {expected}")]
    Unexpected {
        at: usize,
        found: String,
        expected: &'static str,
    },
    /// A keyword stands where nothing can answer it.
    #[error(
        "FilterExpression at character {at}: found {found}, which may stand only {place}; move it there, or leave it out"
    )]
    Misplaced {
        at: usize,
        found: String,
        place: &'static str,
    },
    /// A text has no end.
    #[error(
        "FilterExpression at character {at}: this text has no end; put a double quote where it ends"
    )]
    OpenText { at: usize },
    /// The key of an annotation has no end.
    #[error(
        "FilterExpression at character {at}: this bracket has no end; write annotation[KEY] or annotation[\"KEY\"]"
    )]
    OpenKey { at: usize },
    /// What follows `#` is not JSON.
    #[error(
        "FilterExpression at character {at}: this is no JSON ({reason}); write #[{{\"Services\": […]}}]"
    )]
    Json { at: usize, reason: String },
    /// Brackets in brackets in brackets.
    #[error(
        "FilterExpression at character {at}: more than {} levels of ( and !; write it flatter",
        limits::FILTER_DEPTH
    )]
    TooDeep { at: usize },
    /// It is too long.
    #[error(
        "FilterExpression has more than {} characters; shorten it",
        limits::FILTER_EXPRESSION_CHARS
    )]
    TooLong,
    /// A group asks for itself.
    #[error(
        "the group {0:?} asks for itself, itself or through other groups; change its filter expression"
    )]
    Circle(String),
    /// Groups ask for groups that ask for groups.
    #[error(
        "FilterExpression asks for more than {} groups, with those that groups ask for; name fewer",
        limits::FILTER_GROUPS
    )]
    TooManyGroups,
}

impl From<FilterError> for Refusal {
    fn from(error: FilterError) -> Self {
        Self::Invalid(error.to_string())
    }
}
