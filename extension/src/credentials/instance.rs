//! EC2's instance metadata, version 2: first a token, then what one wants to know.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::{self, error::CredentialsError};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::Request;
use http::request::Builder;
use thiserror::Error;

use super::container;
use crate::http::{HttpError, Pool};

/// The metadata is a hop away: who does not answer in this time is not there.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Why nothing is known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum InstanceError {
    /// Nobody answers.
    #[error("no EC2 instance metadata here ({0})")]
    Absent(String),
    /// It answers, and does not tell.
    #[error("EC2's instance metadata answers {0}: give the instance a role")]
    Refused(http::StatusCode),
    /// It tells something strange.
    #[error("EC2's instance metadata answers something that is no text")]
    Strange,
}

/// The metadata's endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pool: Arc<Pool>,
    endpoint: String,
}

impl Instance {
    pub(crate) fn new(pool: Arc<Pool>, endpoint: String) -> Self {
        Self { pool, endpoint }
    }

    /// The region it runs in.
    pub(crate) async fn region(&self) -> Result<String, InstanceError> {
        self.get("/latest/meta-data/placement/region").await
    }

    /// Its id.
    pub(crate) async fn id(&self) -> Result<String, InstanceError> {
        self.get("/latest/meta-data/instance-id").await
    }

    pub(super) async fn credentials(&self) -> provider::Result {
        const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
        let roles = self.get(ROLES).await.map_err(none)?;
        let role = roles.lines().next().unwrap_or_default();
        let answer = self.get(&format!("{ROLES}{role}")).await.map_err(none)?;
        container::read(answer.as_bytes(), "instance")
    }

    async fn get(&self, path: &str) -> Result<String, InstanceError> {
        let request = Request::put(self.url("/latest/api/token"))
            .header("x-aws-ec2-metadata-token-ttl-seconds", "60");
        let token = self.ask(request).await?;
        let request = Request::get(self.url(path)).header("x-aws-ec2-metadata-token", &*token);
        let answer = self.ask(request).await?;
        String::from_utf8(answer.to_vec()).map_err(|_| InstanceError::Strange)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.endpoint.trim_end_matches('/'))
    }

    async fn ask(&self, request: Builder) -> Result<Bytes, InstanceError> {
        let request = request.body(SdkBody::empty()).map_err(absent)?;
        let answer = tokio::time::timeout(TIMEOUT, self.pool.send(request)).await;
        let answer = answer
            .map_err(absent)?
            .map_err(|error: HttpError| absent(error))?;
        if answer.status().is_success() {
            Ok(answer.into_body())
        } else {
            Err(InstanceError::Refused(answer.status()))
        }
    }
}

fn none(error: InstanceError) -> CredentialsError {
    CredentialsError::not_loaded(error)
}

#[expect(clippy::needless_pass_by_value, reason = "the form of map_err")]
fn absent(error: impl ToString) -> InstanceError {
    InstanceError::Absent(error.to_string())
}
