//! Sees to events that cannot be read: the runtime answers them with an error before any handler is called, so no layer around the handler knows of them.
//!
//! Around the runtime's own service it only looks whether the handler was reached, which the runtime decides before it returns its future. An event that is read
//! costs copies of a few short texts here; one that is not is read a second time, to say what is wrong with it.

use std::fmt;
use std::marker::PhantomData;
use std::task::{Context as TaskContext, Poll};

use lambda_runtime::tower::Layer;
use lambda_runtime::{Context as LambdaContext, LambdaInvocation, Service};
use serde::Deserialize;

use super::XrayLayer;
use super::running::{Running, begun};
use crate::cause::Failure;

/// The layer, for handlers that take an `A`.
pub(crate) struct UnreadLayer<A> {
    xray: XrayLayer,
    payload: PhantomData<fn() -> A>,
}

impl<A> UnreadLayer<A> {
    /// Beside this layer around the handler.
    pub(crate) fn new(xray: XrayLayer) -> Self {
        Self {
            xray,
            payload: PhantomData,
        }
    }
}

impl<A> Clone for UnreadLayer<A> {
    fn clone(&self) -> Self {
        Self::new(self.xray.clone())
    }
}

impl<S, A> Layer<S> for UnreadLayer<A> {
    type Service = UnreadService<S, A>;

    fn layer(&self, inner: S) -> UnreadService<S, A> {
        UnreadService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service; made by [`UnreadLayer`].
pub(crate) struct UnreadService<S, A> {
    inner: S,
    layer: UnreadLayer<A>,
}

impl<S: Clone, A> Clone for UnreadService<S, A> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<S, A> Service<LambdaInvocation> for UnreadService<S, A>
where
    S: Service<LambdaInvocation>,
    A: for<'de> Deserialize<'de>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> S::Future {
        let (context, event) = (invocation.context.clone(), invocation.body.clone());
        let before = begun();
        let answer = self.inner.call(invocation);
        if begun() == before {
            self.record::<A>(&context, &event);
        }
        answer
    }
}

impl<S, A> UnreadService<S, A> {
    fn record<E: for<'de> Deserialize<'de>>(&self, context: &LambdaContext, event: &[u8]) {
        let running = Running::begin(&self.layer.xray, context);
        if running.context().is_recorded() {
            let error = Unread(serde_json::from_slice::<E>(event).err());
            running.context().fail_with(Failure::of_error(&error));
        }
    }
}

/// The handler was not called.
#[derive(Debug, thiserror::Error)]
#[error("the event could not be read as what the handler takes, so the handler was not called")]
struct Unread(#[source] Option<serde_json::Error>);

impl<S, A> fmt::Debug for UnreadService<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnreadService")
            .field("layer", &self.layer.xray)
            .finish_non_exhaustive()
    }
}
