//! A recorder whose segments a test keeps.

use std::collections::BTreeMap;

use super::{Shelf, Trace};
use crate::recorder::Recorder;
use crate::sampling::{LocalRules, Sampling};

/// Takes every request whose caller has not decided.
const EVERYTHING: &str = r#"{"version": 2, "default": {"fixed_target": 1, "rate": 1.0}}"#;

/// A recorder for code that opens segments, and the traces that come of it. A request without a decision of its caller's is recorded.
///
/// ```
/// use lambda_xray::testing::recorder;
///
/// let (recorder, traces) = recorder();
/// recorder.segment("nightly").annotate("shop", "berlin");
/// let traces = traces.take();
/// traces[0].root().assert_annotation("shop", "berlin").assert_ok();
/// ```
pub fn recorder() -> (Recorder, Traces) {
    let traces = Traces::default();
    let rules = LocalRules::parse(EVERYTHING).unwrap_or_default();
    let recorder = Recorder::builder().sampling(Sampling::local(rules));
    (recorder.build_for_test(traces.shelf.clone()), traces)
}

/// The traces of a test's recorder.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    shelf: Shelf,
}

impl Traces {
    /// Those that were emitted since the last call, in the order in which they began; what is open is not among them.
    pub fn take(&self) -> Vec<Trace> {
        let mut documents = BTreeMap::<_, Vec<_>>::new();
        for document in self.shelf.take() {
            let of_trace = documents.entry(document.trace_id);
            of_trace.or_default().push(document);
        }
        let mut traces: Vec<_> = documents.into_values().map(Trace::new).collect();
        traces.sort_by_key(|trace| trace.documents().first().map(|root| root.start_time));
        traces
    }
}
