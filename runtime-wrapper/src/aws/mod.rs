//! Calls of the AWS SDK, traced by an interceptor.
//!
//! ```
//! use lambda_xray::aws::XRayInterceptor;
//!
//! # fn client(config: &aws_types::SdkConfig) -> aws_sdk_sqs::Client {
//! let sqs = aws_sdk_sqs::config::Builder::from(config).interceptor(XRayInterceptor::new());
//! let sqs = aws_sdk_sqs::Client::from_conf(sqs.build());
//! # sqs }
//! ```
//!
//! The same in one line for each client, in place of `aws_sdk_sqs::Client::new(&config)`:
//!
//! ```
//! # fn client(config: &aws_types::SdkConfig) -> aws_sdk_sqs::Client {
//! let sqs = lambda_xray::aws::client!(aws_sdk_sqs, config);
//! # sqs }
//! ```
//!
//! One line for all clients of an `SdkConfig` there cannot be: it carries no interceptors and no runtime plugins. Its HTTP client, which it does carry, could be
//! wrapped, but sees attempts instead of calls, without the names of service and operation, and only after the request was signed.
//!
//! # What a call becomes
//!
//! A subsegment named after the service's id (`SQS`), namespace `aws`, beneath the one that is current where the call is awaited. It says the operation, the region
//! it was signed for, the request id (and S3's second one), the retries, the HTTP status and the content length, and
//! what [`ROWS`] has of the operation's parameters. All attempts are one subsegment.
//!
//! A status of 4xx is an error, 5xx a fault, 429 and the services' throttling codes are a throttle. The service's error is the cause, as a *remote* exception
//! with its code and its message; what went wrong here, such as a timeout, is a fault with that as its cause.
//!
//! Every request carries `X-Amzn-Trace-Id` with this subsegment as its `Parent` and with the invocation's `Lineage`, by which Lambda finds loops. It is set before
//! signing, so that the SDK leaves it as it is; the SDK signs requests without it, because proxies may change it.
//!
//! Where the trace is not recorded, the header goes on as it came and nothing is emitted; outside of an invocation nothing happens at all.
//! A presigned request makes no subsegment and carries no header. A call whose future is dropped closes its subsegment there, without an answer.
//! One whose response streams, such as `GetObject`, ends with the response's head.
//!
//! # What is read
//!
//! The addresses and headers of request and response, and bodies that the SDK has in memory anyway: JSON and forms. A body that streams is not touched. Of XML
//! and CBOR only headers are read, besides the code and the message of an error in XML.
//! Values come from the rows only; to record more, or less, write rows: [`XRayInterceptor::with_rows`].

mod call;
mod failure;
mod interceptor;
mod json;
mod plan;
mod row;
mod table;
mod wire;

pub use interceptor::XRayInterceptor;
pub use row::{Parameter, Row};
pub use table::ROWS;

/// Makes a traced client of a service's crate from an `SdkConfig`.
///
/// ```
/// # fn clients(config: &aws_types::SdkConfig) {
/// let sqs: aws_sdk_sqs::Client = lambda_xray::aws::client!(aws_sdk_sqs, config);
/// # }
/// ```
#[doc(inline)]
pub use crate::__aws_client as client;

#[doc(hidden)]
#[macro_export]
macro_rules! __aws_client {
    ($service:ident, $config:expr) => {{
        let config = $service::config::Builder::from($config);
        let config = config.interceptor($crate::aws::XRayInterceptor::new());
        $service::Client::from_conf(config.build())
    }};
}
