//! An X-Ray API, wherever it is: on this machine, or an account's own.

use bytes::Bytes;
use hyper::{Response, StatusCode};
use serde_json::Value;
use thiserror::Error;

use super::Lookup;
use super::arguments::{Endpoint, Source};
use super::connection::{Connection, ConnectionError};
#[cfg(feature = "aws")]
use crate::aws::{Aws, AwsError, Reading};

const DEFAULT: &str = "http://127.0.0.1:2080";

/// Why an X-Ray could not be asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum ClientError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(#[from] AwsError),
    #[error("{0} changes something or is not known to AWS; leave out --source aws")]
    NotThere(String),
    #[error("{url} answered {status}: {message}")]
    Refused {
        url: String,
        status: StatusCode,
        message: String,
    },
    #[error("{0} did not answer with JSON; look whether it is an X-Ray API")]
    NoJson(String),
}

/// The way to an X-Ray API.
#[derive(Debug)]
pub(super) enum Client {
    Local(Connection),
    #[cfg(feature = "aws")]
    Aws(Box<Aws>),
}

impl Client {
    /// The way to the source of the arguments: by default the endpoint of the arguments, of the environment, or this machine's.
    pub(super) async fn connect(asked: &Endpoint, lookup: Lookup<'_>) -> Result<Self, ClientError> {
        match asked.source {
            #[cfg(feature = "aws")]
            Source::Aws => {
                let aws = Aws::find(asked.endpoint.clone()).await?;
                Ok(Self::Aws(Box::new(aws)))
            }
            Source::Local => {
                let set = |name| lookup(name).filter(|it| !it.is_empty());
                let url = (asked.endpoint.clone())
                    .or_else(|| set("AWS_ENDPOINT_URL_XRAY"))
                    .unwrap_or_else(|| DEFAULT.to_owned());
                Ok(Self::Local(Connection::open(url).await?))
            }
        }
    }

    /// Where this client asks.
    pub(super) fn url(&self) -> &str {
        let url = match self {
            Self::Local(connection) => connection.url(),
            #[cfg(feature = "aws")]
            Self::Aws(aws) => aws.endpoint(),
        };
        url.trim_end_matches('/')
    }

    /// Calls an operation by its path.
    pub(super) async fn call(&mut self, path: &str, input: &Value) -> Result<Value, ClientError> {
        let answer = match self {
            Self::Local(connection) => connection.post(path, input).await?,
            #[cfg(feature = "aws")]
            Self::Aws(aws) => {
                let operation = Reading::at(path);
                let operation = operation.ok_or_else(|| ClientError::NotThere(path.to_owned()))?;
                aws.call(operation, Bytes::from(input.to_string())).await?
            }
        };
        read(self.url(), &answer)
    }
}

fn read(url: &str, answer: &Response<Bytes>) -> Result<Value, ClientError> {
    let parsed = serde_json::from_slice(answer.body());
    if answer.status().is_success() {
        return parsed.map_err(|_| ClientError::NoJson(url.to_owned()));
    }
    let parsed: Value = parsed.unwrap_or_default();
    // X-Ray itself writes the name both ways.
    let message = parsed.get("Message").or_else(|| parsed.get("message"));
    Err(ClientError::Refused {
        url: url.to_owned(),
        status: answer.status(),
        message: (message.and_then(Value::as_str))
            .unwrap_or_default()
            .to_owned(),
    })
}
