//! Who we are to AWS: every source of credentials that the X-Ray daemon's hosts have, and a role to assume with them.
//!
//! `aws-config` knows them all, and brings three further service clients and a second HTTP stack for them; what is here goes over the connections that
//! are there anyway (`docs/decisions/0002`). Within Lambda it is the environment or a container's endpoint, and nothing is searched for.
//! Credentials that expire are fetched anew in the background while they still hold.

mod chain;
mod container;
mod instance;
mod profile;
mod refresh;
mod signing;
mod sts;

use std::path::PathBuf;

use aws_credential_types::Credentials;

pub(crate) use chain::Chain;
pub(crate) use instance::Instance;
pub use profile::Profiles;
pub(crate) use refresh::Refreshed;
pub(crate) use signing::{SignError, sign};
pub(crate) use sts::Sts;

/// Where credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialsSource {
    /// From the environment.
    Static(Credentials),
    /// From a container's endpoint.
    Container(Container),
    /// From the first of several that has some.
    Search(Search),
    /// From nowhere.
    Missing,
}

/// A container's endpoint: ECS, EKS Pod Identity, Lambda with `SnapStart`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Where.
    pub uri: String,
    /// What is sent as `Authorization`.
    pub authorization: Authorization,
}

/// What a container's endpoint is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Nothing.
    None,
    /// This.
    Token(String),
    /// What stands in this file whenever it is asked.
    File(PathBuf),
}

/// A role that is assumed by showing a token: EKS, and other places with an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentity {
    /// The role's ARN.
    pub role: String,
    /// Where the token is; it changes.
    pub token_file: PathBuf,
    /// What the session is called.
    pub session: String,
}

/// Where to search, in this order; what is none is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// A web identity.
    pub web_identity: Option<WebIdentity>,
    /// The shared files.
    pub profiles: Option<Profiles>,
    /// A container.
    pub container: Option<Container>,
    /// The URL of EC2's instance metadata.
    pub instance: Option<String>,
}

impl Search {
    /// Whether somebody said where credentials are.
    pub(crate) fn is_named(&self) -> bool {
        let profile = self.profiles.as_ref();
        self.web_identity.is_some()
            || self.container.is_some()
            || profile.is_some_and(|profile| profile.is_named)
    }
}

/// The session's name where nothing else is said: the daemon's own, so that policies which name it still hold.
pub const SESSION: &str = "xray-daemon";
