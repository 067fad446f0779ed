//! The page: three files, embedded as they lie in `local/console`, with a policy under which nothing else can run.
//!
//! No build step and no library: the page reads traces through the API like everyone else, and puts every value of
//! a trace into the document as text, never as markup.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::api::Service;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page under the list's address and under each trace's, with its style and script.
pub(crate) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(page))
        .route("/traces", get(page))
        .route("/traces/{id}", get(page))
        .route("/console/style.css", get(style))
        .route("/console/script.js", get(script))
        .route("/console/icon.svg", get(icon))
}

async fn page() -> impl IntoResponse {
    file(
        "text/html; charset=utf-8",
        include_str!("../../console/index.html"),
    )
}

async fn style() -> impl IntoResponse {
    file(
        "text/css; charset=utf-8",
        include_str!("../../console/style.css"),
    )
}

async fn script() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("../../console/script.js"),
    )
}

async fn icon() -> impl IntoResponse {
    file("image/svg+xml", include_str!("../../console/icon.svg"))
}

fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content)
}
