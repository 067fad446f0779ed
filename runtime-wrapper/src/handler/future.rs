//! The future: runs the handler in its context, and tells how it ended, be it by a panic.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use super::running::Running;
use crate::Context;

pin_project! {
    /// The future of a traced invocation.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct XrayFuture<F: Future> {
        #[pin]
        inner: Option<F>,
        running: Option<Running>,
        tell: fn(&Context, &F::Output),
    }
}

impl<F: Future> XrayFuture<F> {
    pub(super) fn new(inner: F, running: Running, tell: fn(&Context, &F::Output)) -> Self {
        Self {
            inner: Some(inner),
            running: Some(running),
            tell,
        }
    }
}

impl<F: Future> Future for XrayFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let (Some(inner), Some(running)) = (this.inner.as_mut().as_pin_mut(), &this.running) else {
            return Poll::Pending;
        };
        let entered = running.context().enter();
        let polled = catch_unwind(AssertUnwindSafe(|| inner.poll(cx)));
        if matches!(polled, Ok(Poll::Pending)) {
            return Poll::Pending;
        }
        // What the handler held is dropped, and so closed, before the function subsegment is.
        this.inner.set(None);
        drop(entered);
        match &polled {
            Ok(Poll::Ready(output)) => (this.tell)(running.context(), output),
            Ok(Poll::Pending) => {}
            Err(payload) => running.panicked(payload.as_ref()),
        }
        *this.running = None;
        polled.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

impl<F: Future> fmt::Debug for XrayFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XrayFuture")
            .field("running", &self.running)
            .finish_non_exhaustive()
    }
}
