//! The layer for servers outside of Lambda: a segment for each request.

use std::fmt;
use std::fmt::Debug;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use ::http::request::Parts;
use ::http::{Extensions, HeaderMap, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower::{Layer, Service};
use xray_segment::TraceHeader;
use xray_segment::document::Http;

use super::address::Address;
use super::call::HEADER;
use super::served;
use crate::cause::Failure;
use crate::recorder::{Naming, Recorder, Segment};
use crate::sampling;

/// Gives each request of a server its segment: for `axum`, `hyper` and all that is a [`tower`] service of `http` requests, outside of Lambda.
///
/// The segment says method, URL without query and credentials, user agent, the client's address, status and content length, and carries the flags that belong to the
/// status; an error or a panic of the service is its cause. It is open until the head of the response is there. Who decides whether it is recorded is told in
/// [`recorder`](crate::recorder#whether-a-request-is-recorded). The response tells the caller its trace in `X-Amzn-Trace-Id`.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use lambda_xray::http::SegmentLayer;
/// use lambda_xray::recorder::{Naming, Recorder};
///
/// let layer = SegmentLayer::new(Recorder::new(), Naming::fixed("shop"));
/// let router: Router = Router::new().route("/orders", get(|| async { "none" })).layer(layer);
/// ```
#[derive(Clone)]
pub struct SegmentLayer {
    recorder: Recorder,
    naming: Naming,
    peer: fn(&Extensions) -> Option<IpAddr>,
}

impl SegmentLayer {
    /// A layer whose segments this recorder opens and that are named like this.
    pub fn new(recorder: Recorder, naming: Naming) -> Self {
        Self {
            recorder,
            naming,
            peer: |_| None,
        }
    }

    /// Where the server says who is connected; asked where no `X-Forwarded-For` tells of the client behind a proxy.
    ///
    /// ```
    /// use std::net::SocketAddr;
    ///
    /// # use lambda_xray::http::SegmentLayer;
    /// # fn with_peer(layer: SegmentLayer) -> SegmentLayer {
    /// # type ConnectInfo = (SocketAddr,);
    /// // With axum: `axum::extract::ConnectInfo<SocketAddr>`, by `into_make_service_with_connect_info`.
    /// layer.peer(|extensions| Some(extensions.get::<ConnectInfo>()?.0.ip()))
    /// # }
    /// ```
    #[must_use]
    pub fn peer(self, peer: fn(&Extensions) -> Option<IpAddr>) -> Self {
        Self { peer, ..self }
    }

    fn open(&self, request: &Parts) -> Segment {
        let address = Address::served(&request.uri, &request.headers);
        let segment = self.recorder.segment_of(
            self.naming.name(address.host()),
            header(&request.headers).as_ref(),
            sampling::Request {
                host: address.host(),
                http_method: Some(request.method.as_str()),
                url_path: Some(request.uri.path()),
                ..sampling::Request::default()
            },
        );
        if segment.is_recorded() {
            let peer = || (self.peer)(&request.extensions);
            segment.http(Http {
                request: Some(served::described(request, &address, peer)),
                response: None,
            });
        }
        segment
    }
}

impl Debug for SegmentLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentLayer")
            .field("recorder", &self.recorder)
            .field("naming", &self.naming)
            .finish_non_exhaustive()
    }
}

fn header(headers: &HeaderMap) -> Option<TraceHeader> {
    TraceHeader::parse(headers.get(HEADER)?.to_str().ok()?).ok()
}

impl<S> Layer<S> for SegmentLayer {
    type Service = SegmentService<S>;

    fn layer(&self, inner: S) -> SegmentService<S> {
        SegmentService {
            inner,
            layer: self.clone(),
        }
    }
}

/// A server each of whose requests has a segment: made by [`SegmentLayer`].
#[derive(Clone, Debug)]
pub struct SegmentService<S> {
    inner: S,
    layer: SegmentLayer,
}

impl<S, B, R> Service<Request<B>> for SegmentService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Debug + 'static,
    R: Body,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = SegmentFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let segment = self.layer.open(&parts);
        let request = Request::from_parts(parts, body);
        let answer = segment.in_scope(|| self.inner.call(request));
        SegmentFuture {
            inner: Some(answer),
            segment: Some(segment),
        }
    }
}

pin_project! {
    /// The future of a request with a segment.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct SegmentFuture<F> {
        #[pin]
        inner: Option<F>,
        segment: Option<Segment>,
    }
}

impl<F, R, E> Future for SegmentFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Debug + 'static,
    R: Body,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let (Some(inner), Some(segment)) = (this.inner.as_mut().as_pin_mut(), &this.segment) else {
            return Poll::Pending;
        };
        let entered = segment.enter();
        let mut answer = ready!(inner.poll(cx));
        // What the service holds is dropped within the segment, and before it closes.
        this.inner.set(None);
        drop(entered);
        tell(segment, &mut answer);
        *this.segment = None;
        Poll::Ready(answer)
    }
}

fn tell<R: Body, E: Debug + 'static>(segment: &Segment, answer: &mut Result<Response<R>, E>) {
    match answer {
        Ok(response) => {
            served::answered(segment, response);
            let answer = segment.answer().map(|header| header.to_string().try_into());
            if let Some(Ok(header)) = answer {
                response.headers_mut().entry(HEADER).or_insert(header);
            }
        }
        Err(error) if segment.is_recorded() => segment.fail_with(Failure::of(error)),
        Err(_) => {}
    }
}

impl<F> Debug for SegmentFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentFuture")
            .field("segment", &self.segment)
            .finish_non_exhaustive()
    }
}
