//! One place after the other, until one has credentials; then the role, if one is to be assumed.

use std::sync::Arc;

use aws_credential_types::provider::{self, ProvideCredentials, error::CredentialsError, future};

use super::profile::Found;
use super::{CredentialsSource, Instance, SESSION, Search, Sts};
use crate::http::Pool;

/// Fetches credentials, each time anew.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) source: CredentialsSource,
    pub(crate) role: Option<String>,
    pub(crate) sts: Sts,
    pub(crate) pool: Arc<Pool>,
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.fetch())
    }
}

impl Chain {
    async fn fetch(&self) -> provider::Result {
        let found = match &self.source {
            CredentialsSource::Static(credentials) => credentials.clone(),
            CredentialsSource::Container(container) => container.fetch(&self.pool).await?,
            CredentialsSource::Search(search) => self.search(search).await?,
            CredentialsSource::Missing => {
                return Err(CredentialsError::not_loaded("none anywhere"));
            }
        };
        match &self.role {
            Some(role) => self.sts.assume(role, SESSION, found).await,
            None => Ok(found),
        }
    }

    async fn search(&self, search: &Search) -> provider::Result {
        if let Some(identity) = &search.web_identity {
            return self.sts.assume_by_token(identity).await;
        }
        if let Some(profiles) = &search.profiles
            && let Some(found) = profiles.find()?
        {
            return self.of_profile(found).await;
        }
        if let Some(container) = &search.container {
            return container.fetch(&self.pool).await;
        }
        match &search.instance {
            Some(endpoint) => {
                let instance = Instance::new(Arc::clone(&self.pool), endpoint.clone());
                instance.credentials().await
            }
            None => Err(CredentialsError::not_loaded(
                "none in the environment or in a profile, and no container or instance to ask",
            )),
        }
    }

    async fn of_profile(&self, found: Found) -> provider::Result {
        let mut roles = Vec::new();
        let mut found = found;
        let mut credentials = loop {
            match found {
                Found::Keys(credentials) => break credentials,
                Found::WebIdentity(identity) => break self.sts.assume_by_token(&identity).await?,
                Found::Role {
                    role,
                    session,
                    with,
                } => {
                    roles.push((role, session));
                    found = *with;
                }
            }
        };
        for (role, session) in roles.into_iter().rev() {
            credentials = self.sts.assume(&role, &session, credentials).await?;
        }
        Ok(credentials)
    }
}
