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
//! A task that is spawned takes its place along with `.instrument(span)` or `.in_current_span()`.
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
//! | `otel.name`, `peer.service` | the subsegment's name |
//! | `otel.kind` = `client` or `producer` | namespace `remote` |
//! | `otel.status_code` = `error` | a fault, unless the HTTP status says that it is the caller's error |
//! | `http.request.method`, `http.method` | HTTP method |
//! | `url.full`, `http.url` | HTTP URL, without query, fragment and credentials |
//! | `http.response.status_code`, `http.status_code` | HTTP status, and the flags that belong to it |
//! | `user_agent.original`, `http.user_agent` | the client's user agent |
//! | `client.address`, `http.client_ip` | the client's address |
//! | `http.response.body.size`, `http.response_content_length` | bytes of the body |
//! | `db.system.name`, `db.system` | database type, and namespace `remote` |
//! | `db.query.text`, `db.statement` | the query, with its values replaced by `?` |
//! | `db.user` | the database's user |
//! | `db.connection_string` | left out: it may hold a password |
//! | a `&dyn Error` | a fault, with the error and its sources as cause |
//! | any other | metadata, with its type |
//!
//! A call to another, of namespace `remote`, takes the name that X-Ray draws its node with: what `otel.name` or `peer.service` says, else the host of
//! `server.address`, `net.peer.name` or the URL, for a database with `db.namespace` or `db.name` as in `orders@db.example.com`. The span's own name is
//! then the metadata `span`.
//!
//! What is recorded later ([`tracing::Span::record`]) is added. An event of the level `ERROR` makes the span it happens in a fault, with what the event says
//! as its cause; `#[instrument(err)]` emits one. Other events are for logs.
//!
//! # Queries of `sqlx`
//!
//! `sqlx` says each query with an event of the target `sqlx::query`, at the level `DEBUG` unless `log_statements` says otherwise.
//! [`SpanLayer::with_sqlx`] makes subsegments of them, named after the database, with the query's values replaced.
//!
//! Where the trace is not recorded, no subsegment is opened and nothing is allocated; a field is not even looked at.

mod entered;
mod fields;
mod layer;
mod meaning;
mod sqlx;

pub use layer::SpanLayer;
