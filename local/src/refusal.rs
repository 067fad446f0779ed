//! Why a resource is not made, changed or found: the errors of the API's model, each with what to do about it.

use thiserror::Error;

use crate::limits;
use crate::store::StoreError;

/// An operation on resources that was not done.
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    /// A parameter is wrong; the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// Nothing has this name or ARN.
    #[error("there is no {what} {name:?}; list those that are there")]
    NotFound { what: &'static str, name: String },
    /// There are as many sampling rules as there may be.
    #[error(
        "there are {} sampling rules; delete one first",
        limits::SAMPLING_RULES
    )]
    RuleLimitExceeded,
    /// The resource would have too many tags.
    #[error("{0} would have more than {most} tags; untag it first", most = limits::TAGS)]
    TooManyTags(String),
    /// The policy is not written as policies are.
    #[error("the policy document is not one: {0}")]
    MalformedPolicy(String),
    /// Nobody could change the policy any more.
    #[error(
        "the policy denies PutResourcePolicy to everybody; change it, or give BypassPolicyLockoutCheck"
    )]
    Lockout,
    /// Somebody else has changed the policy meanwhile.
    #[error("the policy's revision is {0}; read it and try again with that")]
    PolicyRevision(String),
    /// The policy is too long.
    #[error("the policy has more than {} bytes; shorten it", limits::POLICY_BYTES)]
    PolicySize,
    /// There are as many policies as there may be.
    #[error("there are {} policies; delete one first", limits::POLICIES)]
    PolicyCount,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    /// The resource that the error names in a field of its own.
    pub(crate) fn resource(&self) -> Option<&str> {
        match self {
            Self::NotFound { name, .. } | Self::TooManyTags(name) => Some(name),
            _ => None,
        }
    }
}
