//! Credentials from a container's endpoint, as Lambda gives them with `SnapStart`: fetched, and fetched again before they expire.
//!
//! The SDK's own chain (`aws-config`) was left out: it brings further service clients for sources that Lambda never uses.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use http::Request;
use serde::Deserialize;

use crate::http::Pool;

/// Fetches credentials.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) pool: Arc<Pool>,
    pub(super) uri: String,
    pub(super) token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
}

impl ProvideCredentials for Container {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.fetch())
    }
}

impl Container {
    async fn fetch(&self) -> provider::Result {
        let mut request = Request::get(&self.uri).header("accept", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", token);
        }
        let request = request
            .body(SdkBody::empty())
            .map_err(CredentialsError::invalid_configuration)?;
        let answer = self
            .pool
            .send(request)
            .await
            .map_err(CredentialsError::provider_error)?;
        if !answer.status().is_success() {
            let text = format!(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI answers {}",
                answer.status()
            );
            return Err(CredentialsError::provider_error(text));
        }
        let answer: Answer = serde_json::from_slice(answer.body()).map_err(|_| {
            // Not the parser's own words: they may quote a secret.
            CredentialsError::unhandled(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI answers something else than credentials",
            )
        })?;
        let expiry = answer.expiration.as_deref();
        let expiry = expiry.and_then(|text| DateTime::from_str(text, Format::DateTime).ok());
        Ok(Credentials::new(
            answer.access_key_id,
            answer.secret_access_key,
            answer.token,
            expiry.and_then(|time| SystemTime::try_from(time).ok()),
            "container",
        ))
    }
}
