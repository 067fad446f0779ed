//! Names of resources as AWS writes them, and how an operation says which resource it means.
//!
//! Nobody has an account here: region and account are fixed ones that belong to nobody.

use crate::refusal::Refusal;

const PREFIX: &str = "arn:aws:xray:us-east-1:000000000000:";

/// The ARN of a sampling rule.
pub(crate) fn of_rule(name: &str) -> String {
    format!("{PREFIX}sampling-rule/{name}")
}

/// The ARN of a group; `unique` tells it from an earlier group of this name.
pub(crate) fn of_group(name: &str, unique: Option<&str>) -> String {
    match unique {
        Some(unique) => format!("{PREFIX}group/{name}/{unique}"),
        None => format!("{PREFIX}group/{name}"),
    }
}

/// A resource by its name or by its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Name(String),
    Arn(String),
}

impl Named {
    /// Takes the one that is given; both, or none, say nothing clear.
    pub(crate) fn one(
        kind: &str,
        name: Option<String>,
        arn: Option<String>,
    ) -> Result<Self, Refusal> {
        match (name, arn) {
            (Some(name), None) => Ok(Self::Name(name)),
            (None, Some(arn)) => Ok(Self::Arn(arn)),
            _ => Err(Refusal::Invalid(format!(
                "give {kind}Name or {kind}ARN, one of the two"
            ))),
        }
    }

    /// Whether a resource of this name and ARN is meant.
    pub(crate) fn means(&self, name: &str, arn: &str) -> bool {
        match self {
            Self::Name(wanted) => wanted == name,
            Self::Arn(wanted) => wanted == arn,
        }
    }

    /// As it was given.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Name(text) | Self::Arn(text) => text,
        }
    }
}
