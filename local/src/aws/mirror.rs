//! The page and the API of this machine, with an account behind them: what only reads is passed on, everything else refused.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use serde_json::json;

use super::{Aws, AwsError, Reading};
use crate::api::{Guard, check};
use crate::console;
use crate::{Running, StartError};

/// Far above any question: five trace ids, a filter expression of two thousand characters.
const QUESTION_BYTES: usize = 64 << 10;

/// Binds the address and serves the page over the account's X-Ray. `hosts` are names, besides addresses and `localhost`, under which
/// clients may call.
pub async fn mirror(
    listen: SocketAddr,
    hosts: Vec<String>,
    aws: Aws,
) -> Result<Running, StartError> {
    let router = Router::new()
        .merge(console::router())
        .method_not_allowed_fallback(pass_on)
        .fallback(pass_on)
        .layer(from_fn_with_state(Guard::new(hosts), check))
        .with_state(Arc::new(aws));
    Running::start(listen, router, || {}).await
}

async fn pass_on(State(aws): State<Arc<Aws>>, request: Request) -> Response {
    let asked = Reading::at(request.uri().path()).filter(|_| request.method() == Method::POST);
    let Some(operation) = asked else {
        let text = "xray-local only reads from AWS, and this does not read; use the AWS CLI or the AWS console";
        return refusal(StatusCode::FORBIDDEN, "AccessDeniedException", text);
    };
    let input = Limited::new(request.into_body(), QUESTION_BYTES).collect();
    let Ok(input) = input.await else {
        let text = "the question is too long; ask for less at once";
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLargeException",
            text,
        );
    };
    match aws.call(operation, input.to_bytes()).await {
        Ok(answer) => answer.map(Body::from),
        Err(error) => failure(&error),
    }
}

fn failure(error: &AwsError) -> Response {
    let (status, kind) = match error {
        AwsError::Credentials(_) => (StatusCode::FORBIDDEN, "UnrecognizedClientException"),
        _ => (StatusCode::BAD_GATEWAY, "ServiceUnavailable"),
    };
    refusal(status, kind, &error.to_string())
}

/// In both places clients look for an error's name, as the API does it.
fn refusal(status: StatusCode, kind: &'static str, text: &str) -> Response {
    let body = json!({ "__type": kind, "Message": text }).to_string();
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (
            header::HeaderName::from_static("x-amzn-errortype"),
            HeaderValue::from_static(kind),
        ),
    ];
    (status, headers, body).into_response()
}
