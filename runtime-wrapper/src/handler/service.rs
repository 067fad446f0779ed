//! The service: begins an invocation, calls what is within it, and leaves the rest to the future.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context as TaskContext, Poll};

use lambda_runtime::{LambdaEvent, LambdaInvocation, Service};

use super::running::Running;
use super::{XrayFuture, XrayLayer};
use crate::Context;
use crate::cause::Failure;

/// A traced service; made by [`XrayLayer`].
#[derive(Clone, Debug)]
pub struct XrayService<S> {
    inner: S,
    layer: XrayLayer,
}

impl<S> XrayService<S> {
    pub(super) fn new(inner: S, layer: XrayLayer) -> Self {
        Self { inner, layer }
    }

    fn start<F: Future>(
        &mut self,
        running: Running,
        call: impl FnOnce(&mut S) -> F,
        tell: fn(&Context, &F::Output),
    ) -> XrayFuture<F> {
        #[cfg(feature = "tracing")]
        crate::spans::adopt(running.context());
        // A handler may panic before it has returned its future.
        let called = catch_unwind(AssertUnwindSafe(|| {
            running.context().in_scope(|| call(&mut self.inner))
        }));
        match called {
            Ok(future) => XrayFuture::new(future, running, tell),
            Err(payload) => {
                running.panicked(payload.as_ref());
                drop(running);
                resume_unwind(payload)
            }
        }
    }
}

fn tell_error<T, E: Debug + 'static>(context: &Context, result: &Result<T, E>) {
    if let Err(error) = result
        && context.is_recorded()
    {
        context.fail_with(Failure::of(error));
    }
}

impl<S, T> Service<LambdaEvent<T>> for XrayService<S>
where
    S: Service<LambdaEvent<T>>,
    S::Error: Debug + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = XrayFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, event: LambdaEvent<T>) -> Self::Future {
        let running = Running::begin(&self.layer, &event.context);
        self.start(running, |inner| inner.call(event), tell_error)
    }
}

impl<S> Service<LambdaInvocation> for XrayService<S>
where
    S: Service<LambdaInvocation>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = XrayFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let running = Running::begin(&self.layer, &invocation.context);
        self.start(running, |inner| inner.call(invocation), |_, _| ())
    }
}
