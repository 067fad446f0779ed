//! The one line that traces a function: what `lambda_runtime`'s own `run` does, around a traced handler.
//!
//! The bounds are those of `lambda_runtime::run`; nothing beside them is asked of a handler, but that its error type borrows nothing.

use std::fmt::Debug;

use futures_core::Stream;
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::tower::Layer;
use lambda_runtime::{Diagnostic, Error, IntoFunctionResponse, LambdaEvent, Runtime, Service};
use serde::{Deserialize, Serialize};

use crate::XrayLayer;
use crate::handler::UnreadLayer;

/// Runs a function, each invocation traced: `lambda_runtime::run` with an [`XrayLayer`] around the handler.
///
/// # Panics
///
/// Where `lambda_runtime::run` does: when a variable that Lambda sets is missing.
pub async fn run<A, F, R, B, S, D, E>(handler: F) -> Result<(), Error>
where
    F: Service<LambdaEvent<A>, Response = R>,
    F::Future: Future<Output = Result<R, F::Error>>,
    F::Error: Into<Diagnostic> + Debug + 'static,
    A: for<'de> Deserialize<'de>,
    R: IntoFunctionResponse<B, S>,
    B: Serialize,
    S: Stream<Item = Result<D, E>> + Unpin + Send + 'static,
    D: Into<bytes::Bytes> + Send,
    E: Into<Error> + Send + Debug,
{
    let xray = XrayLayer::new();
    let runtime = Runtime::new(xray.layer(handler));
    let runtime = runtime.layer(UnreadLayer::<A>::new(xray));
    runtime.layer(TracingLayer::new()).run().await
}

/// Runs a function that may take several invocations at once (Lambda Managed Instances), each traced:
/// `lambda_runtime::run_concurrent` with an [`XrayLayer`] around the handler. Elsewhere it is the same as [`run`].
///
/// # Panics
///
/// Where `lambda_runtime::run_concurrent` does: outside of a Tokio runtime, and when a variable that Lambda sets is missing.
#[cfg(feature = "concurrency-tokio")]
pub async fn run_concurrent<A, F, R, B, S, D, E>(handler: F) -> Result<(), Error>
where
    F: Service<LambdaEvent<A>, Response = R> + Clone + Send + 'static,
    F::Future: Future<Output = Result<R, F::Error>> + Send + 'static,
    F::Error: Into<Diagnostic> + Debug + 'static,
    A: for<'de> Deserialize<'de> + Send + 'static,
    R: IntoFunctionResponse<B, S> + Send + 'static,
    B: Serialize + Send + 'static,
    S: Stream<Item = Result<D, E>> + Unpin + Send + 'static,
    D: Into<bytes::Bytes> + Send + 'static,
    E: Into<Error> + Send + Debug + 'static,
{
    let xray = XrayLayer::new();
    let runtime = Runtime::new(xray.layer(handler));
    let runtime = runtime.layer(UnreadLayer::<A>::new(xray));
    runtime.layer(TracingLayer::new()).run_concurrent().await
}
