//! The `http` block: a request served (on a segment) or made (on a subsegment).

use serde::{Deserialize, Serialize};

use super::{Text, is_false};

/// An HTTP request and its response.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http<'a> {
    /// What was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<HttpRequest<'a>>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<HttpResponse>,
}

/// The request; each text at most 250 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest<'a> {
    /// The method, such as `GET`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Text<'a>>,
    /// The URL, with no query and no credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Text<'a>>,
    /// The user agent of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Text<'a>>,
    /// The client's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<Text<'a>>,
    /// On a segment: the client's address was read from `X-Forwarded-For` and may be forged.
    #[serde(default, skip_serializing_if = "is_false")]
    pub x_forwarded_for: bool,
    /// On a subsegment: the callee writes a segment of its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub traced: bool,
}

/// The response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpResponse {
    /// The status code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The bytes of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_length: Option<u64>,
}
