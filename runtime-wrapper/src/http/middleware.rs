//! The middleware for clients of `reqwest`, which are no `tower` services of `http` requests.

use ::http::Extensions;
use async_trait::async_trait;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next, Result};

use super::address::Address;
use super::call;
use crate::{Context, FutureExt};

/// Traces the calls of a `reqwest` client; see the [module](super).
///
/// An error is told without the URL that `reqwest` prints with it; one that another middleware made is told as it prints. Redirects that `reqwest` follows are part of the call. Beneath a middleware that tries again, each attempt is a call of its own.
///
/// ```
/// use lambda_xray::http::TraceMiddleware;
/// use reqwest_middleware::ClientBuilder;
///
/// # async fn handler() -> Result<(), reqwest_middleware::Error> {
/// let client = ClientBuilder::new(reqwest::Client::new());
/// let client = client.with(TraceMiddleware::new()).build();
/// let response = client.get("https://api.example.com/orders/42").send().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TraceMiddleware;

impl TraceMiddleware {
    /// A middleware; it has no settings.
    pub const fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Middleware for TraceMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let address = || Address::of_url(request.url());
        let subsegment = call::open(request.method(), address);
        call::send_header(&subsegment, request.headers_mut());
        let answer = async { told(next.run(request, extensions).await) };
        answer.in_subsegment(subsegment).await
    }
}

/// Says how it went, within the call's subsegment.
fn told(answer: Result<Response>) -> Result<Response> {
    let here = Context::current();
    match answer {
        Ok(response) => {
            let headers = response.headers();
            call::answered(&here, response.status(), headers, call::length(headers));
            Ok(response)
        }
        Err(error) if here.is_recorded() => Err(told_without_url(&here, error)),
        Err(error) => Err(error),
    }
}

/// An error of `reqwest` prints its URL, with the query.
fn told_without_url(context: &Context, error: Error) -> Error {
    let url = error.url().cloned();
    let error = error.without_url();
    match &error {
        Error::Reqwest(error) => context.fail(error),
        Error::Middleware(error) => context.fail(error.as_ref()),
    }
    match url {
        Some(url) => error.with_url(url),
        None => error,
    }
}
