//! AWS's own X-Ray, behind the same API: what only reads is signed with the user's credentials and passed on.
//!
//! Region and credentials are found as the AWS CLI finds them: variables, profiles, single sign-on, roles. Answers are not kept.

mod mirror;
mod operations;

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::header::CONTENT_TYPE;
use hyper::{Request, Response, StatusCode};
use thiserror::Error;
use tokio::time::timeout;

pub use mirror::mirror;
pub use operations::Reading;

const JSON: &str = "application/json";

/// X-Ray answers in less than a second; a graph of hours may take it longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of an answer. X-Ray's pages are far smaller.
const ANSWER_BYTES: usize = 64 << 20;

/// Why AWS's X-Ray could not be asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AwsError {
    /// No place says which region.
    #[error("no region; set AWS_REGION, or the profile's region with `aws configure`")]
    NoRegion,
    /// No place has credentials, or they have ended.
    #[error("no credentials: {0}; set them, or log in with `aws sso login`")]
    Credentials(String),
    /// The request cannot be signed.
    #[error("the request cannot be signed: {0}; look at the endpoint's spelling")]
    Unsigned(String),
    /// Nothing answers.
    #[error("X-Ray at {endpoint} cannot be reached: {reason}; look at the network and the region")]
    Unreachable {
        /// Where it was asked.
        endpoint: String,
        /// What went wrong.
        reason: String,
    },
}

/// The way to an account's X-Ray in one region.
#[derive(Debug)]
pub struct Aws {
    endpoint: String,
    region: Region,
    credentials: SharedCredentialsProvider,
    connector: Connector,
}

impl Aws {
    /// Finds region and credentials; `endpoint` is another place than AWS's own in that region. Nothing is asked of X-Ray yet.
    pub async fn find(endpoint: Option<String>) -> Result<Self, AwsError> {
        let provider = || Provider::Rustls(CryptoMode::Ring);
        let http = Builder::new().tls_provider(provider()).build_https();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .load()
            .await;
        let region = config.region().cloned().ok_or(AwsError::NoRegion)?;
        let credentials = config.credentials_provider();
        Ok(Self {
            endpoint: endpoint.unwrap_or_else(|| home(&region)),
            region,
            credentials: credentials
                .ok_or_else(|| AwsError::Credentials("there is no provider".to_owned()))?,
            connector: Connector::builder().tls_provider(provider()).build(),
        })
    }

    /// Where it is.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Asks with JSON and returns whatever X-Ray answers.
    pub async fn call(
        &self,
        operation: Reading,
        input: Bytes,
    ) -> Result<Response<Bytes>, AwsError> {
        let uri = format!(
            "{}{}",
            self.endpoint.trim_end_matches('/'),
            operation.path()
        );
        let mut request = Request::post(uri)
            .header(CONTENT_TYPE, JSON)
            .body(SdkBody::from(input))
            .map_err(unsigned)?;
        self.sign(&mut request).await?;
        let request = request.try_into().map_err(unsigned)?;
        let asked = timeout(PATIENCE, self.connector.call(request)).await;
        let answer = asked
            .map_err(|error| self.unreachable(&error))?
            .map_err(|error| self.unreachable(&error))?;
        self.read(answer.try_into_http1x().map_err(unsigned)?).await
    }

    async fn read(&self, answer: Response<SdkBody>) -> Result<Response<Bytes>, AwsError> {
        let (parts, body) = answer.into_parts();
        let body = timeout(PATIENCE, Limited::new(body, ANSWER_BYTES).collect()).await;
        let body = body
            .map_err(|error| self.unreachable(&error))?
            .map_err(|error| self.unreachable(error.as_ref()))?;
        let mut read = Response::new(body.to_bytes());
        *read.status_mut() = StatusCode::from_u16(parts.status.as_u16()).map_err(unsigned)?;
        for name in ["content-type", "x-amzn-errortype", "x-amzn-requestid"] {
            if let Some(value) = parts.headers.get(name) {
                read.headers_mut().insert(name, value.clone());
            }
        }
        Ok(read)
    }

    async fn sign(&self, request: &mut Request<SdkBody>) -> Result<(), AwsError> {
        let found = self.credentials.provide_credentials().await;
        let identity = found
            .map_err(|error| AwsError::Credentials(root(&error)))?
            .into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_ref())
            .name("xray")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(unsigned)?
            .into();
        let body = request.body().bytes().unwrap_or_default();
        let headers = [(CONTENT_TYPE.as_str(), JSON)].into_iter();
        let uri = request.uri().to_string();
        let signable = SignableRequest::new("POST", uri, headers, SignableBody::Bytes(body));
        let signed = sign(signable.map_err(unsigned)?, &parameters).map_err(unsigned)?;
        signed.into_parts().0.apply_to_request_http1x(request);
        Ok(())
    }

    fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> AwsError {
        AwsError::Unreachable {
            endpoint: self.endpoint.clone(),
            reason: root(error),
        }
    }
}

/// X-Ray's own endpoint in a region.
fn home(region: &Region) -> String {
    let suffix = if region.as_ref().starts_with("cn-") {
        ".cn"
    } else {
        ""
    };
    format!("https://xray.{region}.amazonaws.com{suffix}")
}

#[expect(clippy::needless_pass_by_value, reason = "the form of map_err")]
fn unsigned(error: impl ToString) -> AwsError {
    AwsError::Unsigned(error.to_string())
}

/// The innermost cause: what a person can act on.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_aws_has_its_own_endpoint() {
        let at = |region| home(&Region::from_static(region));
        assert_eq!(at("eu-west-1"), "https://xray.eu-west-1.amazonaws.com");
        assert_eq!(at("cn-north-1"), "https://xray.cn-north-1.amazonaws.com.cn");
    }
}
