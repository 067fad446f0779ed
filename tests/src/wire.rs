//! HTTP with connections that may break: what a web framework takes care never to do.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The connection is to be broken, without an answer.
#[derive(Debug)]
pub(crate) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken by the test")
    }
}

impl std::error::Error for Broken {}

/// The body of an answer, which may end in its middle with the connection.
#[derive(Debug)]
pub(crate) struct Answer {
    rest: Option<Bytes>,
    size: u64,
    cut: bool,
}

impl Answer {
    /// All of it.
    pub(crate) fn whole(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        Self {
            size: text.len() as u64,
            rest: Some(text),
            cut: false,
        }
    }

    /// The first half, then nothing more.
    pub(crate) fn cut(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        Self {
            size: text.len() as u64,
            rest: Some(text.slice(..text.len() / 2)),
            cut: true,
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let rest = self.rest.take().map(|bytes| Ok(Frame::data(bytes)));
        Poll::Ready(rest.or_else(|| self.cut.then_some(Err(Broken))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && !self.cut
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size)
    }
}

/// What becomes of a request.
pub(crate) type Outcome = Result<Response<Answer>, Broken>;

/// What happens to the connections there are; new ones are well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// They break, and the other side is told.
    Cut,
    /// Nothing more comes through, and nobody is told.
    Silence,
}

/// Serves until the runtime ends; `mishaps` befall the connections there are at the time.
pub(crate) async fn serve<S, F>(
    listener: TcpListener,
    mishaps: watch::Receiver<Mishap>,
    answer: S,
) -> Result<Infallible, std::io::Error>
where
    S: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await?;
        let mut mishaps = mishaps.clone();
        mishaps.mark_unchanged();
        let connection = connection(stream, answer.clone());
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            tokio::select! {
                () = &mut connection => return,
                _ = mishaps.changed() => {}
            }
            if *mishaps.borrow() == Mishap::Silence {
                // It stays open and is never looked at again.
                std::future::pending::<()>().await;
            }
        });
    }
}

async fn connection<S, F>(stream: TcpStream, answer: S)
where
    S: Fn(Request<Incoming>) -> F,
    F: Future<Output = Outcome>,
{
    // It is the client who closes when all is well: whatever we close is to look like a machine that went away.
    let _ = stream.set_zero_linger();
    let _ = stream.set_nodelay(true);
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    // It ends with an error whenever it was broken.
    let _ = served.await;
}
