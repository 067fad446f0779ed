//! A request passed on to X-Ray as it came, but signed: for clients that ask the daemon because they have no credentials.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use thiserror::Error;

use super::retry::Failure;
use super::xray::{credentials, endpoint, region, tls};
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
    #[error("the request cannot be signed: {0}")]
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
            .map_err(unsigned)?;
        self.sign(&mut request).await?;
        self.pool.send(request).await.map_err(unreachable)
    }

    async fn sign(&self, request: &mut Request<SdkBody>) -> Result<(), PassageError> {
        let credentials = self.credentials.provide_credentials().await;
        let identity = credentials.map_err(unsigned)?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("xray")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(unsigned)?
            .into();
        let body = request.body().bytes().unwrap_or_default();
        let headers = [(CONTENT_TYPE.as_str(), "application/json")].into_iter();
        let uri = request.uri().to_string();
        let signable = SignableRequest::new("POST", uri, headers, SignableBody::Bytes(body));
        let signed = sign(signable.map_err(unsigned)?, &parameters).map_err(unsigned)?;
        signed.into_parts().0.apply_to_request_http1x(request);
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form of map_err")]
fn unsigned(error: impl ToString) -> PassageError {
    PassageError::Unsigned(error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "the form of map_err")]
fn unreachable(error: HttpError) -> PassageError {
    PassageError::Unreachable(error.to_string())
}
