//! The layer for clients that are `tower` services.

use std::error::Error;
use std::task::{Context as TaskContext, Poll};

use ::http::{Request, Response};
use tower::{Layer, Service};

use super::address::Address;
use super::call;
use crate::{Context, InSubsegment};

/// Traces the calls of an HTTP client; see the [module](super).
///
/// Put it next to the client: beneath retries, each attempt is a call of its own, and beneath what boxes errors
/// (`tower`'s timeouts and buffers), an error can be told with its sources.
///
/// ```
/// use std::convert::Infallible;
///
/// use http::{Request, Response};
/// use lambda_xray::http::TraceLayer;
/// use tower::{Layer, Service, service_fn};
///
/// # async fn handler() -> Result<(), Infallible> {
/// let client = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(())) });
/// let mut client = TraceLayer::new().layer(client);
/// let request = Request::get("https://api.example.com/orders/42").body(());
/// # let request = request.unwrap();
/// let response = client.call(request).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TraceLayer;

impl TraceLayer {
    /// A layer; it has no settings.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = TraceService<S>;

    fn layer(&self, inner: S) -> TraceService<S> {
        TraceService { inner }
    }
}

/// An HTTP client whose calls are traced: made by [`TraceLayer`].
#[derive(Clone, Debug)]
pub struct TraceService<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for TraceService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Error + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = InSubsegment<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let address = || Address::of(&parts.uri, &parts.headers);
        let subsegment = call::open(&parts.method, address);
        call::send_header(&subsegment, &mut parts.headers);
        let request = Request::from_parts(parts, body);
        let answer = subsegment.in_scope(|| self.inner.call(request));
        InSubsegment::telling(answer, subsegment, tell)
    }
}

fn tell<R, E: Error + 'static>(context: &Context, answer: &Result<Response<R>, E>) {
    match answer {
        Ok(response) => {
            let headers = response.headers();
            call::answered(context, response.status(), headers, call::length(headers));
        }
        Err(error) => context.fail(error),
    }
}
