//! The page: the files of `local/console`, embedded as they are, with a policy under which nothing else can run.
//!
//! No build step and no library: the page reads traces through the API like everyone else, and puts every value of
//! a trace into the document as text, never as markup.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// An address, its content type, and the file.
type Asset = (&'static str, &'static str, &'static str);

/// The files beside the page, each under its own name.
macro_rules! assets {
    ($($kind:ident $name:literal),* $(,)?) => {
        [$((
            concat!("/console/", $name),
            $kind,
            include_str!(concat!("../../console/", $name)),
        )),*]
    };
}

/// The page itself lies under the addresses of all that it shows.
const PAGES: [&str; 6] = [
    "/",
    "/traces",
    "/traces/{id}",
    "/map",
    "/analytics",
    "/settings",
];
const PAGE: &str = include_str!("../../console/index.html");
const ASSETS: [Asset; 34] = assets![
    SVG "icon.svg",
    CSS "style.css",
    JS "address.js",
    JS "analytics.js",
    JS "api.js",
    JS "camera.js",
    JS "chart.js",
    JS "critical.js",
    JS "details.js",
    JS "documents.js",
    JS "element.js",
    JS "filter.js",
    JS "format.js",
    JS "graph.js",
    JS "insights.js",
    JS "layout.js",
    JS "list.js",
    JS "live.js",
    JS "main.js",
    JS "map.js",
    JS "minimap.js",
    JS "pan.js",
    JS "panel.js",
    JS "picture.js",
    JS "query.js",
    JS "range.js",
    JS "refine.js",
    JS "rows.js",
    JS "scope.js",
    JS "seen.js",
    JS "service.js",
    JS "settings.js",
    JS "timeline.js",
    JS "trace.js",
];

/// The routes of the page and of everything it is made of.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let pages = PAGES.map(|path| (path, HTML, PAGE));
    pages
        .into_iter()
        .chain(ASSETS)
        .fold(Router::new(), |router, (path, kind, content)| {
            router.route(path, get(async move || file(kind, content)))
        })
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
