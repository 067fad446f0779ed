//! The layer for functions whose handler is a service of `http` requests, as those of `lambda_http` and `axum` are.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use ::http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::address::Address;
use super::served;
use crate::Context;

/// Says on the function subsegment which HTTP request the invocation answers, and how: in Lambda, behind API Gateway, a load balancer or a function URL.
///
/// `lambda_http` makes requests of their events and takes any service of them, such as an `axum` router:
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use lambda_xray::http::FunctionLayer;
///
/// let router: Router = Router::new().route("/orders", get(|| async { "none" }));
/// let router = router.layer(FunctionLayer::new());
/// // lambda_xray::run(lambda_http::Adapter::from(router)).await
/// ```
///
/// A status of 400 to 499 is an error, 429 a throttle too, 500 to 599 a fault. Without an invocation, or where that is not recorded, it does nothing.
/// Where the program itself writes the segments, which is everywhere else, there is `SegmentLayer`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct FunctionLayer;

impl FunctionLayer {
    /// A layer; it has no settings.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for FunctionLayer {
    type Service = FunctionService<S>;

    fn layer(&self, inner: S) -> FunctionService<S> {
        FunctionService { inner }
    }
}

/// A service whose requests are told on the function subsegment: made by [`FunctionLayer`].
#[derive(Clone, Debug)]
pub struct FunctionService<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for FunctionService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = FunctionFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let function = Context::current().function();
        let request = if function.is_recorded() {
            told(&function, request)
        } else {
            request
        };
        FunctionFuture {
            inner: self.inner.call(request),
            function,
        }
    }
}

fn told<B>(function: &Context, request: Request<B>) -> Request<B> {
    let (parts, body) = request.into_parts();
    let address = Address::served(&parts.uri, &parts.headers);
    let described = served::described(&parts, &address, || None);
    if let Some((recording, entry)) = function.recording() {
        recording.edit(entry, |document, _| {
            document.http.get_or_insert_default().request = Some(described);
        });
    }
    Request::from_parts(parts, body)
}

pin_project! {
    /// The future of a request that is told on the function subsegment.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct FunctionFuture<F> {
        #[pin]
        inner: F,
        function: Context,
    }
}

impl<F, R, E> Future for FunctionFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(cx));
        if let Ok(response) = &answer {
            served::answered(this.function, response);
        }
        Poll::Ready(answer)
    }
}
