//! What every subsegment of a query is held to.

use lambda_xray::document::{Document, Namespace};
use lambda_xray::testing::Trace;

/// The subsegments of this name that say a query which begins so.
pub(crate) fn queries<'t>(
    trace: &'t Trace,
    name: &str,
    beginning: &str,
) -> Vec<&'t Document<'static>> {
    let said = |document: &Document<'_>| {
        let sql = document.sql.as_ref();
        let query = sql.and_then(|sql| sql.sanitized_query.as_deref());
        query.is_some_and(|query| query.starts_with(beginning))
    };
    let all = trace.documents().iter();
    all.filter(|document| document.name == name && said(document))
        .collect()
}

/// The only subsegment of such a query.
#[track_caller]
pub(crate) fn query<'t>(trace: &'t Trace, name: &str, beginning: &str) -> &'t Document<'static> {
    let found = queries(trace, name, beginning);
    let [one] = found[..] else {
        panic!("{} queries begin with {beginning:?}:\n{trace}", found.len())
    };
    assert_eq!(one.namespace, Some(Namespace::Remote));
    one
}

/// Its query.
pub(crate) fn said<'d>(document: &'d Document<'static>) -> &'d str {
    let sql = document.sql.as_ref().unwrap();
    sql.sanitized_query.as_deref().unwrap()
}

/// Nowhere in the trace stands a password, or a value that was in a query.
#[track_caller]
pub(crate) fn assert_discreet(trace: &Trace) {
    let all = serde_json::to_string(trace.documents()).unwrap();
    assert!(!all.to_lowercase().contains("s3cret"), "{all}");
}
