//! A request passed on to X-Ray as it came, but signed: for clients that ask the daemon because they have no credentials.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use thiserror::Error;

use super::CALL_TIMEOUT;
use super::retry::Failure;
use super::xray::{credentials, endpoint, region, tls};
use crate::credentials::{SignError, sign};
use crate::http::{HttpError, Pool};
use crate::log::Log;
use crate::settings::Config;

/// SDKs ask every few minutes; a connection that waited longer would be dead.
const IDLE: Duration = Duration::from_secs(30);

/// Why a request was not passed on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PassageError {
    /// Region or credentials are missing.
    #[error(transparent)]
    Settings(Failure),
    /// There is no way to X-Ray.
    #[error("X-Ray cannot be asked: {0}")]
    Unreachable(String),
    /// It cannot be signed.
    #[error("{0}")]
    Unsigned(String),
}

/// The way to X-Ray.
#[derive(Debug)]
pub struct Passage {
    pool: Arc<Pool>,
    endpoint: String,
    region: String,
    credentials: SharedCredentialsProvider,
}

impl Passage {
    /// Finds out where to and who as; nothing is connected yet.
    pub fn new(config: &Config, log: &Log) -> Result<Self, PassageError> {
        let pool = Pool::new(tls(config, log), IDLE).through(config.tunnel.clone());
        let pool = Arc::new(pool);
        Ok(Self {
            endpoint: endpoint(config),
            region: region(config, log).map_err(PassageError::Settings)?,
            credentials: credentials(config, log, &pool).map_err(PassageError::Settings)?,
            pool,
        })
    }

    /// Posts JSON and returns whatever X-Ray answers.
    pub async fn post(&self, path: &str, body: Bytes) -> Result<Response<Bytes>, PassageError> {
        let uri = format!("{}{path}", self.endpoint.trim_end_matches('/'));
        let mut request = Request::post(uri)
            .header(CONTENT_TYPE, "application/json")
            .body(SdkBody::from(body))
            .map_err(|error| PassageError::Unsigned(error.to_string()))?;
        self.sign(&mut request).await?;
        match tokio::time::timeout(CALL_TIMEOUT, self.pool.send(request)).await {
            Ok(answer) => answer.map_err(unreachable),
            Err(_) => Err(PassageError::Unreachable("no answer within 5 s".to_owned())),
        }
    }

    async fn sign(&self, request: &mut Request<SdkBody>) -> Result<(), PassageError> {
        let credentials = self.credentials.provide_credentials().await;
        let credentials = credentials.map_err(|error| no_credentials(&error))?;
        sign(request, credentials, &self.region, "xray")
            .map_err(|error: SignError| PassageError::Unsigned(error.to_string()))
    }
}

/// The SDK's own words say less than what is behind them.
fn no_credentials(error: &CredentialsError) -> PassageError {
    let reason = error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string);
    PassageError::Settings(Failure::NoCredentials(reason))
}

#[expect(clippy::needless_pass_by_value, reason = "the form of map_err")]
fn unreachable(error: HttpError) -> PassageError {
    PassageError::Unreachable(error.to_string())
}
