//! AWS's signature on a request of our own making.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{self, SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4;
use aws_smithy_types::body::SdkBody;
use http::Request;
use http::header::CONTENT_TYPE;
use thiserror::Error;

/// Why a request was not signed.
#[derive(Debug, Error)]
#[error("the request cannot be signed: {0}")]
pub(crate) struct SignError(String);

/// Signs a POST for a service in a region.
pub(crate) fn sign(
    request: &mut Request<SdkBody>,
    credentials: Credentials,
    region: &str,
    service: &str,
) -> Result<(), SignError> {
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(unsigned)?
        .into();
    let body = request.body().bytes().unwrap_or_default();
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let headers = [(CONTENT_TYPE.as_str(), kind)].into_iter();
    let uri = request.uri().to_string();
    let signable = SignableRequest::new("POST", uri, headers, SignableBody::Bytes(body));
    let signed = http_request::sign(signable.map_err(unsigned)?, &parameters).map_err(unsigned)?;
    signed.into_parts().0.apply_to_request_http1x(request);
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the form of map_err")]
fn unsigned(error: impl ToString) -> SignError {
    SignError(error.to_string())
}
