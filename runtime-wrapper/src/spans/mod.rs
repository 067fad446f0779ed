//! Spans of `tracing` as subsegments.
//!
//! ```no_run
//! use lambda_runtime::{Error, LambdaEvent, service_fn};
//! use lambda_xray::spans::SpanLayer;
//! use serde_json::{Value, json};
//! use tracing_subscriber::prelude::*;
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     tracing_subscriber::registry().with(SpanLayer::new()).init();
//!     lambda_xray::run(service_fn(handler)).await
//! }
//!
//! async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     let amount = event.payload["amount"].as_u64().unwrap_or_default();
//!     charge("42", amount).await?;
//!     Ok(json!({ "charged": amount }))
//! }
//!
//! /// A subsegment "charge" with the annotation `order`, the metadata `amount`, and a cause when it fails.
//! #[tracing::instrument(err, skip(order), fields(annotation.order = order))]
//! async fn charge(order: &str, amount: u64) -> Result<(), std::io::Error> {
//!     Ok(())
//! }
//! ```
//!
//! # What a span becomes
//!
//! A subsegment that opens when the span is made and closes when the span does: when the last handle to it is gone, and those of the spans within it.
//! How often it is entered between the two, and on which threads, makes no difference.
//!
//! It stands beneath what is [current](crate#what-is-open-while-what-runs) where the span is made, or beneath the span that is named as its parent. Inside an entered
//! span its subsegment is the current one: [`subsegment`](crate::subsegment), [`trace_header`](crate::trace_header) and the AWS SDK's calls there see it.
//! A task that is spawned takes its place along with `.instrument(span)` or `.in_current_span()`; in a handler without spans that is the runtime's own, which
//! stands for the function subsegment.
//!
//! Spans of the level `INFO` and above ([`SpanLayer::with_max_level`]); for any other choice there are the filters of `tracing_subscriber`, which also spare the
//! program the spans that nobody wants:
//!
//! ```
//! use lambda_xray::spans::SpanLayer;
//! use tracing_subscriber::filter::{LevelFilter, Targets};
//! use tracing_subscriber::prelude::*;
//!
//! let wanted = Targets::new().with_target("orders", LevelFilter::INFO);
//! let _subscriber = tracing_subscriber::registry().with(SpanLayer::new().with_filter(wanted));
//! ```
//!
//! # What fields become
//!
//! | field | where it goes |
//! |---|---|
//! | `annotation.KEY` ([`SpanLayer::with_annotation_prefix`]) | annotation `KEY` |
//! | `otel.name` | the subsegment's name, unless it is named after whom it calls |
//! | `otel.kind` = `client` or `producer`; `peer.service` | namespace `remote` |
//! | `otel.status_code` = `error`, `error.type` | a fault, unless the status says that it is the caller's error |
//! | `error.message`, `exception.message`, `otel.status_description` | the cause, and a fault as above |
//! | `http.request.method`, `http.method` | HTTP method |
//! | `url.full`, `http.url`; else `url.scheme`, `server.address`, `server.port` and `url.path`, or their older names | HTTP URL, without query, fragment and credentials |
//! | `http.response.status_code`, `http.status_code` | HTTP status, and the flags that belong to it |
//! | `user_agent.original`, `http.user_agent` | the client's user agent |
//! | `client.address`, `http.client.address`, `http.client_ip` | the client's address |
//! | `http.response.body.size`, `http.response_content_length` | bytes of the body |
//! | `db.system.name`, `db.system` | database type, and namespace `remote` |
//! | `db.query.text`, `db.statement` | the query, with its values replaced by `?` |
//! | `db.user` | the database's user |
//! | `rpc.grpc.status_code`, `rpc.response.status_code` | fault, error or throttle, by the code of gRPC; metadata too |
//! | `rpc.system` = `aws-api`, with `rpc.service` and `rpc.method` | namespace `aws`, name and operation |
//! | `db.connection_string`, `db.query.parameter.*`, `url.query`, headers of credentials and cookies | left out: any may be a secret |
//! | a `&dyn Error` | a fault, with the error and its sources as cause |
//! | any other | metadata, with its type |
//!
//! A call to another, of namespace `remote` or `aws`, takes the name that X-Ray draws its node with: what `peer.service` says, else the service of AWS, the
//! database and its host as in `orders@db.example.com`, the host of `server.address`, `net.peer.name`, `http.host` or the URL, and where there is no host
//! `rpc.service` or `messaging.destination.name`. What the span is called otherwise is then the metadata `span`.
//!
//! # What libraries emit
//!
//! | library | what is seen | at the level |
//! |---|---|---|
//! | `sqlx` | each query, with [`SpanLayer::with_sqlx`]; see below | any |
//! | `reqwest-tracing` | each call, named after its host | `INFO` |
//! | `tower-http`, its `TraceLayer` | each request with its URL and its status, and why it failed | `DEBUG`, or what its `MakeSpan` says |
//! | `tonic`, with `tonic-tracing-opentelemetry` | each call, named after its host, flagged by its code | `TRACE`, or `INFO` by a feature |
//! | `axum-tracing-opentelemetry`, `tracing-actix-web` | each request, with its URL, its client and its status | `TRACE`, or `INFO` by a feature; `INFO` |
//! | the AWS SDK | each call with service and operation; with the feature `aws` its interceptor says much more, and in its place | `DEBUG` |
//!
//! What `hyper`, `h2`, `tokio` and the AWS SDK say of their insides is left out at every level: some of those spans are open for as long as a connection.
//!
//! What is recorded later ([`tracing::Span::record`]) is added. An event of the level `ERROR` makes the span it happens in a fault, with what the event says
//! as its cause; `#[instrument(err)]` emits one. Other events are for logs.
//!
//! # Queries of `sqlx`
//!
//! `sqlx` says each query with an event of the target `sqlx::query`, at the level `DEBUG` unless `log_statements` says otherwise.
//! [`SpanLayer::with_sqlx`] makes subsegments of them, named after the database, with the query's values replaced. A filter for logs belongs on the layer of
//! logs: one for all layers that stops at `INFO` stops these events too. The event does not say whether the query
//! failed: that does the span or the subsegment that the query is asked in.
//!
//! Queries of `SQLite` run on a thread of `sqlx`, which takes along the span that they are asked in, and nothing else: outside of Lambda there has to be one,
//! and a query is told beneath it, not beneath a subsegment within it.
//!
//! Where the trace is not recorded, no subsegment is opened and nothing is allocated; a field is not even looked at.

mod address;
mod around;
mod callee;
mod entered;
mod fields;
mod http;
mod layer;
mod libraries;
mod meaning;
mod rpc;
mod sqlx;

pub(crate) use around::adopt;
pub use layer::SpanLayer;
