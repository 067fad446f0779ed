//! Calls over HTTP, traced by a layer around the client. The other way round, the requests that are served: in Lambda by [`FunctionLayer`], elsewhere by
//! `SegmentLayer` (feature `recorder`).
//!
//! For any [`tower`] service that takes a [`Request`](::http::Request) of the crate `http` and gives its [`Response`](::http::Response): the clients of `hyper-util`,
//! the channels of `tonic`, and what stands around them.
//!
//! ```
//! use lambda_xray::http::TraceLayer;
//! use tower::Layer;
//! # use http_body_util::Empty;
//! # use hyper_util::client::legacy::Client;
//! # use hyper_util::client::legacy::connect::HttpConnector;
//!
//! # fn client(client: Client<HttpConnector, Empty<bytes::Bytes>>) {
//! let client = TraceLayer::new().layer(client);
//! # }
//! ```
//!
//! For `reqwest` there is the feature of that name, with a middleware for `reqwest-middleware`: `TraceMiddleware`.
//!
//! # What a call becomes
//!
//! A subsegment named after the host, namespace `remote`, beneath the one that is current where the service is called. It says the method, the URL
//! without query, fragment and credentials, the status and the content length. It is open until the head of the response is there; how long its body
//! takes is not known to it. What the client opens itself stands beneath.
//!
//! A status of 4xx is an error, 429 a throttle too, 5xx a fault; a gRPC status in the head is one of these too. An error instead of a response is a fault, with its sources as the cause. A call whose future is
//! dropped closes its subsegment there, without a response.
//!
//! Every request carries `X-Amzn-Trace-Id` with this subsegment as its `Parent` and with the invocation's `Lineage`; one that it had is replaced.
//! Where the trace is not recorded, the header goes on as it came and nothing is emitted; outside of an invocation the request is not touched.

mod address;
mod call;
mod function;
mod grpc;
mod layer;
#[cfg(feature = "reqwest")]
mod middleware;
#[cfg(feature = "recorder")]
mod serve;
mod served;

pub use function::{FunctionFuture, FunctionLayer, FunctionService};
pub use layer::{TraceLayer, TraceService};
#[cfg(feature = "reqwest")]
pub use middleware::TraceMiddleware;
#[cfg(feature = "recorder")]
pub use serve::{SegmentFuture, SegmentLayer, SegmentService};
