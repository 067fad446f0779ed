//! Roles, assumed by two calls to STS.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, error::CredentialsError};
use aws_smithy_types::body::SdkBody;
use http::Request;
use http::header::CONTENT_TYPE;

use super::{WebIdentity, container, sign};
use crate::http::Pool;

/// The way to STS.
#[derive(Clone, Debug)]
pub(crate) struct Sts {
    pub(crate) pool: Arc<Pool>,
    pub(crate) region: String,
    /// Another one than the region's.
    pub(crate) endpoint: Option<String>,
}

impl Sts {
    /// With credentials for the assuming.
    pub(super) async fn assume(
        &self,
        role: &str,
        session: &str,
        with: Credentials,
    ) -> provider::Result {
        let body = form(
            "AssumeRole",
            &[("RoleArn", role), ("RoleSessionName", session)],
        );
        let mut request = self.request(body)?;
        sign(&mut request, with, &self.region, "sts").map_err(CredentialsError::unhandled)?;
        self.call(request, role).await
    }

    /// With a token for the assuming.
    pub(super) async fn assume_by_token(&self, identity: &WebIdentity) -> provider::Result {
        let WebIdentity {
            role,
            token_file,
            session,
        } = identity;
        let token = std::fs::read_to_string(token_file).map_err(|error| {
            let path = token_file.display();
            CredentialsError::invalid_configuration(format!(
                "the token {path} cannot be read: {error}"
            ))
        })?;
        let fields = [
            ("RoleArn", role.as_str()),
            ("RoleSessionName", session),
            ("WebIdentityToken", token.trim()),
        ];
        let request = self.request(form("AssumeRoleWithWebIdentity", &fields))?;
        self.call(request, role).await
    }

    fn request(&self, body: String) -> Result<Request<SdkBody>, CredentialsError> {
        let endpoint = self.endpoint.clone().unwrap_or_else(|| {
            let region = &self.region;
            let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
            format!("https://sts.{region}.amazonaws.com{suffix}")
        });
        Request::post(format!("{}/", endpoint.trim_end_matches('/')))
            .header(
                CONTENT_TYPE,
                "application/x-www-form-urlencoded; charset=utf-8",
            )
            .body(SdkBody::from(body))
            .map_err(CredentialsError::invalid_configuration)
    }

    async fn call(&self, request: Request<SdkBody>, role: &str) -> provider::Result {
        let answer = self.pool.send(request).await;
        let answer = answer.map_err(CredentialsError::provider_error)?;
        let text = String::from_utf8_lossy(answer.body());
        if !answer.status().is_success() {
            let code = element(&text, "Code").unwrap_or("no code");
            let message = element(&text, "Message").unwrap_or_default();
            let text = format!("the role {role} is not assumed ({code}: {message})");
            return Err(CredentialsError::provider_error(text));
        }
        let of = |name| element(&text, name).map(str::to_owned);
        match (of("AccessKeyId"), of("SecretAccessKey")) {
            (Some(key), Some(secret)) => {
                let expiry = element(&text, "Expiration").and_then(container::time);
                Ok(Credentials::new(
                    key,
                    secret,
                    of("SessionToken"),
                    expiry,
                    "role",
                ))
            }
            _ => Err(CredentialsError::unhandled(
                "STS answers something else than credentials",
            )),
        }
    }
}

/// What stands in the first element of this name. Nothing in credentials needs escaping in XML.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = xml.split_once(&format!("<{name}>"))?;
    Some(after.split_once(&format!("</{name}>"))?.0.trim())
}

fn form(action: &str, fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", action)
        .append_pair("Version", "2011-06-15")
        .extend_pairs(fields)
        .finish()
}
