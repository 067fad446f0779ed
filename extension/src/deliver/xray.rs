//! `PutTraceSegments`, through the SDK: it finds the endpoint, has credentials, signs. Attempts, pauses and time are ours.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_xray::config::retry::RetryConfig;
use aws_sdk_xray::config::{BehaviorVersion, IdentityCache, Region, StalledStreamProtectionConfig};
use aws_sdk_xray::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_xray::operation::put_trace_segments::PutTraceSegmentsError;
use aws_sdk_xray::types::UnprocessedTraceSegment;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::CALL_TIMEOUT;
use super::body;
use super::connector::Connector;
use super::retry::Failure;
use crate::buffer::{Batch, Stored};
use crate::credentials::{Chain, CredentialsSource, Refreshed, Sts};
use crate::http::{Pool, Target};
use crate::log::{Level, Log};
use crate::settings::{CA_BUNDLE, Config};

/// Less than what load balancers keep.
const IDLE: Duration = Duration::from_secs(30);

/// While the environment is frozen connections die unseen: what has been idle for longer at the next invocation is not used again.
const IDLE_OVER_A_FREEZE: Duration = Duration::from_secs(1);

/// Once a call is over its time it gets this much more: after a freeze the clock is past it although the answer is already here.
const GRACE: Duration = Duration::from_millis(20);

/// What stands in a signature where nobody looks at it.
const FIRST_REGION: &str = "us-east-1";

/// A document that X-Ray did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprocessed {
    /// Its id, where X-Ray could read one.
    pub id: Option<String>,
    /// X-Ray's name for what is wrong.
    pub code: String,
    /// X-Ray's words for it.
    pub message: String,
}

impl Unprocessed {
    /// Whether it is this one.
    pub(super) fn is_of(&self, document: &Stored) -> bool {
        match (&self.id, document.id) {
            (Some(id), Some(known)) => id.parse() == Ok(known),
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether the fault was X-Ray's, so that the same document may be taken later.
    pub(super) fn is_retryable(&self) -> bool {
        let code = self.code.to_ascii_lowercase();
        [
            "throttl",
            "internal",
            "unavailable",
            "timeout",
            "limitexceeded",
        ]
        .iter()
        .any(|word| code.contains(word))
    }
}

impl From<UnprocessedTraceSegment> for Unprocessed {
    fn from(segment: UnprocessedTraceSegment) -> Self {
        Self {
            id: segment.id,
            code: segment.error_code.unwrap_or_else(|| "no code".to_owned()),
            message: segment.message.unwrap_or_default(),
        }
    }
}

/// X-Ray, ready to be called.
#[derive(Debug)]
pub struct XRay {
    pool: Arc<Pool>,
    endpoint: String,
    client: Result<aws_sdk_xray::Client, Failure>,
}

impl XRay {
    /// Makes a client; nothing is connected yet.
    pub fn new(config: &Config, log: &Log) -> Self {
        let pool = Pool::new(tls(config, log), IDLE).through(config.tunnel.clone());
        let pool = Arc::new(pool);
        Self {
            endpoint: endpoint(config),
            client: client(config, log, &pool),
            pool,
        }
    }

    /// The environment may have been frozen until now.
    pub fn thaw(&self) {
        self.pool.forget_older(IDLE_OVER_A_FREEZE);
    }

    /// Opens a connection, unless a good one waits.
    pub fn warm(&self) -> impl Future<Output = ()> + Send + 'static {
        let pool = Arc::clone(&self.pool);
        let target = self
            .endpoint
            .parse()
            .ok()
            .and_then(|uri| Target::of(&uri).ok());
        let target = target.filter(|_| self.client.is_ok());
        async move {
            if let Some(target) = target {
                // The call that needs it will say what is wrong.
                let _ = pool.warm(&target).await;
            }
        }
    }

    /// One call.
    pub fn put(
        &self,
        batch: &Batch,
    ) -> impl Future<Output = Result<Vec<Unprocessed>, Failure>> + Send + 'static {
        let call = self.client.clone().map(|client| {
            let body = body::of(&batch.documents);
            client
                .put_trace_segments()
                .customize()
                .mutate_request(move |request| body::put(&body, request))
        });
        let endpoint = self.endpoint.clone();
        async move {
            let mut sent = Box::pin(call?.send());
            let answer = match tokio::time::timeout(CALL_TIMEOUT, &mut sent).await {
                Ok(answer) => answer,
                Err(_) => match tokio::time::timeout(GRACE, sent).await {
                    Ok(answer) => answer,
                    Err(_) => return Err(Failure::Timeout(endpoint)),
                },
            };
            let answer = answer.map_err(|error| failure(&error, endpoint))?;
            let unprocessed = answer.unprocessed_trace_segments.unwrap_or_default();
            Ok(unprocessed.into_iter().map(Unprocessed::from).collect())
        }
    }
}

/// The region's endpoint as the SDK will find it, for connecting early and for saying where it was.
pub(super) fn endpoint(config: &Config) -> String {
    if let Some(endpoint) = &config.endpoint {
        return endpoint.clone();
    }
    let region = config.region.as_deref().unwrap_or_default();
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://xray.{region}.amazonaws.com{suffix}")
}

fn client(config: &Config, log: &Log, pool: &Arc<Pool>) -> Result<aws_sdk_xray::Client, Failure> {
    let mut builder = aws_sdk_xray::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region(config, log)?))
        .credentials_provider(credentials(config, log, pool)?)
        .http_client(Connector(Arc::clone(pool)))
        // Ours knows when to fetch new ones, so that no call waits for it.
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    builder.set_endpoint_url(config.endpoint.clone());
    Ok(aws_sdk_xray::Client::from_conf(builder.build()))
}

pub(super) fn credentials(
    config: &Config,
    log: &Log,
    pool: &Arc<Pool>,
) -> Result<SharedCredentialsProvider, Failure> {
    let local = config.endpoint.as_deref();
    let local = local.filter(|endpoint| endpoint.starts_with("http://"));
    match (&config.credentials, &config.role) {
        (CredentialsSource::Static(credentials), None) => {
            return Ok(SharedCredentialsProvider::new(credentials.clone()));
        }
        (source, None)
            if !is_named(source)
                && let Some(endpoint) = local =>
        {
            return Ok(made_up(endpoint, log));
        }
        (CredentialsSource::Missing, _) => {
            return Err(Failure::NoCredentials("none in the environment".to_owned()));
        }
        _ => {}
    }
    let sts = Sts {
        pool: Arc::clone(pool),
        region: config
            .region
            .clone()
            .unwrap_or_else(|| FIRST_REGION.to_owned()),
        endpoint: config.host.sts_endpoint.clone(),
    };
    let chain = Chain {
        source: config.credentials.clone(),
        role: config.role.clone(),
        sts,
        pool: Arc::clone(pool),
    };
    let refreshed = Refreshed::new(SharedCredentialsProvider::new(chain));
    Ok(SharedCredentialsProvider::new(refreshed))
}

/// Whether somebody said where credentials are.
fn is_named(source: &CredentialsSource) -> bool {
    match source {
        CredentialsSource::Static(_) | CredentialsSource::Container(_) => true,
        CredentialsSource::Search(search) => search.is_named(),
        CredentialsSource::Missing => false,
    }
}

/// A local X-Ray looks at no signature, so nobody should have to make up keys for it.
fn made_up(endpoint: &str, log: &Log) -> SharedCredentialsProvider {
    let text = format!(
        "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; calls to {endpoint} are signed with made-up ones"
    );
    log.once("no credentials", Level::Warn, &text);
    SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "made up"))
}

/// Where an endpoint is named, a region is only a word in the signature.
pub(super) fn region(config: &Config, log: &Log) -> Result<String, Failure> {
    match (&config.region, &config.endpoint) {
        (Some(region), _) => Ok(region.clone()),
        (None, Some(endpoint)) => {
            let text = format!(
                "no region: set AWS_REGION; calls to {endpoint} are signed for {FIRST_REGION}"
            );
            log.once("no region", Level::Warn, &text);
            Ok(FIRST_REGION.to_owned())
        }
        (None, None) => Err(Failure::NoRegion),
    }
}

/// None only if ring could not speak the versions of TLS that rustls has.
pub(super) fn tls(config: &Config, log: &Log) -> Option<TlsConnector> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = &config.ca_bundle {
        match bundle(path) {
            Ok(certificates) => {
                roots.add_parsable_certificates(certificates);
            }
            Err(error) => {
                let (name, allowed) = (CA_BUNDLE.name, CA_BUNDLE.allowed);
                let path = path.display();
                let text = format!(
                    "{name} (or SSL_CERT_FILE) is {path}, which cannot be read ({error}): it takes {allowed}"
                );
                log.once("ca bundle", Level::Error, &text);
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?;
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
}

fn bundle(path: &Path) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_file_iter(path)?.collect()
}

type CallError = SdkError<PutTraceSegmentsError, HttpResponse>;

fn failure(error: &CallError, endpoint: String) -> Failure {
    if let SdkError::ServiceError(answer) = error {
        let (code, message) = (answer.err().code(), answer.err().message());
        let status = answer.raw().status().as_u16();
        return Failure::of_answer(
            status,
            code.unwrap_or_default(),
            message.unwrap_or_default(),
        );
    }
    if let SdkError::ResponseError(answer) = error {
        let status = answer.raw().status().as_u16();
        return match status {
            // An answer that is no JSON: something between here and X-Ray, or a connection that broke.
            200..=299 => Failure::Server("the answer cannot be read".to_owned()),
            _ => Failure::of_answer(status, "", ""),
        };
    }
    let reason = innermost(error);
    if has_cause::<CredentialsError>(error) {
        return Failure::NoCredentials(reason);
    }
    Failure::Unreachable { endpoint, reason }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        (*error).source()
    })
}

fn has_cause<E: Error + 'static>(error: &CallError) -> bool {
    causes(error).any(<dyn Error>::is::<E>)
}

/// The cause of all causes: the SDK's own words above it say less.
fn innermost(error: &CallError) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
