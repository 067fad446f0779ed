//! The page: the files of `local/console`, embedded as the build script made them ready, with a policy under which nothing
//! else can run.
//!
//! No library and no build step outside of cargo: the page reads traces through the API like everyone else, and puts every
//! value of a trace into the document as text, never as markup. Its files are named by their content, so a browser keeps
//! them for ever; only the page itself, which names them, is asked for again.

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const FRESH: &str = "no-cache";
const FOREVER: &str = "public, max-age=31536000, immutable";

/// A file as it is, and compressed.
#[derive(Clone, Copy)]
struct Content {
    plain: &'static [u8],
    gzip: &'static [u8],
}

/// An address, its content type, and the file.
type Asset = (&'static str, &'static str, Content);

include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// The page itself lies under the addresses of all that it shows, and where the AWS console has its own: with another host,
/// a link to there leads here.
const PAGES: [&str; 8] = [
    "/",
    "/traces",
    "/traces/{id}",
    "/map",
    "/analytics",
    "/settings",
    "/xray/home",
    "/cloudwatch/home",
];

/// The routes of the page and of everything it is made of.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let pages = PAGES.map(|path| (path, HTML, FRESH, PAGE));
    let assets = ASSETS.map(|(path, kind, content)| (path, kind, FOREVER, content));
    pages
        .into_iter()
        .chain(assets)
        .fold(Router::new(), |router, (path, kind, keep, content)| {
            let answer = async move |headers: HeaderMap| file(&headers, kind, keep, content);
            router.route(path, get(answer))
        })
}

fn file(asked: &HeaderMap, kind: &'static str, keep: &'static str, content: Content) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, keep),
        (VARY, "accept-encoding"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    if takes_gzip(asked) {
        (headers, [(CONTENT_ENCODING, "gzip")], content.gzip).into_response()
    } else {
        (headers, content.plain).into_response()
    }
}

/// Only one that names it, and does not refuse it by a weight of nothing.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let accepted = asked.get_all(ACCEPT_ENCODING).iter();
    accepted
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_gzip = parts
                .next()
                .is_some_and(|it| it.eq_ignore_ascii_case("gzip"));
            let weight = parts.find_map(|it| it.strip_prefix("q=")?.parse::<f32>().ok());
            is_gzip && weight.is_none_or(|it| it > 0.0)
        })
}
