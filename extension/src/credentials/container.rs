//! Credentials from a container's endpoint.

use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, error::CredentialsError};
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use http::Request;
use serde::Deserialize;

use super::{Authorization, Container};
use crate::http::Pool;

/// What both a container's endpoint and an instance's metadata answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
}

impl Container {
    pub(super) async fn fetch(&self, pool: &Pool) -> provider::Result {
        let uri = &self.uri;
        let mut request = Request::get(uri).header("accept", "application/json");
        if let Some(token) = self.authorization.read()? {
            request = request.header("authorization", token);
        }
        let request = request
            .body(SdkBody::empty())
            .map_err(CredentialsError::invalid_configuration)?;
        let answer = pool.send(request).await;
        let answer = answer.map_err(CredentialsError::provider_error)?;
        if !answer.status().is_success() {
            let text = format!("the container's credentials at {uri}: {}", answer.status());
            return Err(CredentialsError::provider_error(text));
        }
        read(answer.body(), "container")
    }
}

impl Authorization {
    fn read(&self) -> Result<Option<String>, CredentialsError> {
        match self {
            Self::None => Ok(None),
            Self::Token(token) => Ok(Some(token.clone())),
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(token) => Ok(Some(token.trim().to_owned())),
                Err(error) => {
                    let path = path.display();
                    let text = format!("the container's token {path} cannot be read: {error}");
                    Err(CredentialsError::invalid_configuration(text))
                }
            },
        }
    }
}

/// Of an answer's JSON.
pub(super) fn read(json: &[u8], source: &'static str) -> provider::Result {
    let answer: Answer = serde_json::from_slice(json).map_err(|_| {
        // Not the parser's own words: they may quote a secret.
        CredentialsError::unhandled(format!(
            "the {source} answers something else than credentials"
        ))
    })?;
    let expiry = answer.expiration.as_deref();
    Ok(Credentials::new(
        answer.access_key_id,
        answer.secret_access_key,
        answer.token,
        expiry.and_then(time),
        source,
    ))
}

/// As AWS writes times.
pub(super) fn time(text: &str) -> Option<std::time::SystemTime> {
    DateTime::from_str(text, Format::DateTime)
        .ok()?
        .try_into()
        .ok()
}
