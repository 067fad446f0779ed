//! Futures that run within a subsegment or a context.

use std::fmt::Debug;
use std::pin::Pin;
use std::task::{Poll, ready};

use pin_project_lite::pin_project;

use crate::{Captured, Context, Subsegment};

/// Runs futures within a subsegment or a context.
///
/// ```
/// use lambda_xray::{FutureExt, subsegment};
///
/// # async fn charge() -> Result<(), std::io::Error> { Ok(()) }
/// # async fn handler() -> Result<(), std::io::Error> {
/// let charging = subsegment("charge");
/// charging.annotate("order", "42");
/// charge().capture(charging).await?;
/// # Ok(()) }
/// ```
pub trait FutureExt: Future + Sized {
    /// Runs the future with `subsegment` around it: what it opens stands beneath, and it closes when the future is done or dropped.
    fn in_subsegment(self, subsegment: impl Into<Subsegment>) -> InSubsegment<Self> {
        InSubsegment {
            inner: Some(self),
            subsegment: Some(subsegment.into()),
            tell: |_, _| (),
        }
    }

    /// Like [`FutureExt::in_subsegment`]; an `Err` makes the subsegment a fault with this cause and its sources.
    fn capture<T, E, const KIND: u8>(self, subsegment: impl Into<Subsegment>) -> InSubsegment<Self>
    where
        Self: Future<Output = Result<T, E>>,
        E: Captured<KIND>,
    {
        InSubsegment {
            inner: Some(self),
            subsegment: Some(subsegment.into()),
            tell: |context, result| {
                if let Err(error) = result {
                    error.tell(context);
                }
            },
        }
    }

    /// Runs the future in a context, wherever it is polled: for `spawn`, and for queues that outlive their caller.
    fn in_context(self, context: Context) -> InContext<Self> {
        InContext {
            inner: self,
            context,
        }
    }
}

impl<F: Future> FutureExt for F {}

pin_project! {
    /// A future with a subsegment around it: [`FutureExt::in_subsegment`], [`FutureExt::capture`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct InSubsegment<F: Future> {
        #[pin]
        inner: Option<F>,
        subsegment: Option<Subsegment>,
        tell: fn(&Context, &F::Output),
    }
}

#[cfg(feature = "http")]
impl<F: Future> InSubsegment<F> {
    /// Runs the future within the subsegment, which is told of its output before it closes.
    pub(crate) fn telling(
        inner: F,
        subsegment: Subsegment,
        tell: fn(&Context, &F::Output),
    ) -> Self {
        Self {
            inner: Some(inner),
            subsegment: Some(subsegment),
            tell,
        }
    }
}

impl<F: Future> Future for InSubsegment<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let (Some(inner), Some(subsegment)) = (this.inner.as_mut().as_pin_mut(), &this.subsegment)
        else {
            return Poll::Pending;
        };
        let entered = subsegment.enter();
        let output = ready!(inner.poll(cx));
        // What the future holds is dropped within the subsegment, and before it closes.
        this.inner.set(None);
        drop(entered);
        (this.tell)(subsegment, &output);
        *this.subsegment = None;
        Poll::Ready(output)
    }
}

impl<F: Future + Debug> Debug for InSubsegment<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InSubsegment")
            .field("inner", &self.inner)
            .field("subsegment", &self.subsegment)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// A future in a context: [`FutureExt::in_context`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct InContext<F> {
        #[pin]
        inner: F,
        context: Context,
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.context.enter();
        this.inner.poll(cx)
    }
}
