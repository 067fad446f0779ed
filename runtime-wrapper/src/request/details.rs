//! What is to be said of a request, borrowed from its event: nothing is allocated for an invocation that is not recorded.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::Value;
use xray_segment::document::HttpRequest;
use xray_segment::limits::TEXT_CHARS;
use xray_segment::name::cut;

use super::event::Event;

/// A request as API Gateway, a load balancer or a function URL hands it to the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Details<'e> {
    /// The method, such as `GET`; of a WebSocket `CONNECT`, `MESSAGE` or `DISCONNECT`.
    pub method: &'e str,
    /// `https`, `http` or `wss`.
    pub scheme: &'e str,
    /// The host that was asked, with the port where one was said.
    pub host: Option<&'e str>,
    /// The path, with the stage of an API and without a query; of a WebSocket the key of its route.
    pub path: &'e str,
    /// The client's user agent.
    pub user_agent: Option<&'e str>,
    /// The client's address.
    pub client: Option<Client>,
}

/// The address of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The address.
    pub ip: IpAddr,
    /// It was read from `X-Forwarded-For`, so the client can have made it up.
    pub forwarded: bool,
}

impl<'e> Details<'e> {
    /// Reads an event of API Gateway (REST API, HTTP API in both payload formats, WebSocket API), of an application load balancer or of a function URL;
    /// `None` where the event is of no such kind.
    ///
    /// ```
    /// use lambda_xray::request::Details;
    ///
    /// let event = serde_json::json!({
    ///     "version": "2.0",
    ///     "rawPath": "/orders/42",
    ///     "rawQueryString": "token=secret",
    ///     "requestContext": {
    ///         "domainName": "abc.lambda-url.eu-west-1.on.aws",
    ///         "http": { "method": "GET", "path": "/orders/42", "sourceIp": "192.0.2.1" },
    ///     },
    /// });
    /// let details = Details::of(&event).ok_or("not a request")?;
    /// assert_eq!(details.url(), "https://abc.lambda-url.eu-west-1.on.aws/orders/42");
    /// # Ok::<(), &str>(())
    /// ```
    pub fn of(event: &'e Value) -> Option<Self> {
        let event = Event::of(event)?;
        Some(Self {
            method: event.method()?,
            scheme: event.scheme(),
            host: event.host(),
            path: event.path()?,
            user_agent: event.user_agent(),
            client: event.client(),
        })
    }

    /// Scheme, host and path, with no query; the path alone where the host is not known.
    pub fn url(&self) -> Cow<'e, str> {
        match self.host {
            // The key of a WebSocket's route is no path.
            Some(host) if !self.path.starts_with('/') => {
                format!("{}://{host}/{}", self.scheme, self.path).into()
            }
            Some(host) => format!("{}://{host}{}", self.scheme, self.path).into(),
            None => self.path.into(),
        }
    }

    /// As a document says it, each text within its limit.
    pub(super) fn request(&self) -> HttpRequest<'static> {
        let text = |text: &str| Some(cut(text, TEXT_CHARS).to_owned().into());
        HttpRequest {
            method: text(self.method),
            url: text(&self.url()),
            user_agent: self.user_agent.and_then(text),
            client_ip: self.client.map(|client| client.ip.to_string().into()),
            x_forwarded_for: self.client.is_some_and(|client| client.forwarded),
            traced: false,
        }
    }
}
