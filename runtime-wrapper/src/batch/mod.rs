//! Events that bring several messages at once, each from a trace of its own.
//!
//! An invocation has one trace, a batch has many senders. So what a message does stays in the invocation's trace, and a *link* leads to the trace of
//! who sent it. The text of a message's header is asked for, not a type of event: it is `attributes.AWSTraceHeader` of a record of SQS,
//! and wherever a sender has put it elsewhere.
//!
//! ```
//! use lambda_xray::{FutureExt, batch};
//! use serde_json::{Value, json};
//!
//! # async fn ship(_: &Value) -> Result<(), std::io::Error> { Ok(()) }
//! async fn handler(event: Value) -> Value {
//!     let mut failures = Vec::new();
//!     for record in event["Records"].as_array().into_iter().flatten() {
//!         let header = record["attributes"]["AWSTraceHeader"].as_str();
//!         batch::link(header);
//!         // An error makes this record's subsegment a fault; the others are not touched, and SQS sends only this one again.
//!         let shipping = batch::subsegment("ship", header);
//!         if ship(record).capture(shipping).await.is_err() {
//!             failures.push(json!({ "itemIdentifier": record["messageId"] }));
//!         }
//!     }
//!     json!({ "batchItemFailures": failures })
//! }
//! ```

use xray_segment::document::Link;
use xray_segment::{Decision, Document, Sampled, TraceHeader, limits};

use crate::{Context, Subsegment};

/// Links the function subsegment to the trace that a message with this header comes from.
///
/// Each sender is linked once, and at most 20 of them (X-Ray Developer Guide, "Linking traces"); of further ones the metadata `links_left_out` in the namespace
/// `batch` tells how many messages they sent. Does nothing where there is no header, where the sender was not sampled (there is no trace to
/// show), and where this invocation is not recorded.
pub fn link(header: Option<&str>) {
    link_from(&Context::current().function(), header);
}

/// Opens a subsegment for one message beneath the current one, linked to the trace that the message comes from.
///
/// Give it to [`FutureExt::capture`](crate::FutureExt::capture), or tell its failure with [`Context::fail`].
///
/// ```
/// use lambda_xray::batch;
///
/// # fn parse(body: &str) -> Result<u32, std::num::ParseIntError> { body.parse() }
/// # fn take(header: Option<&str>, body: &str) {
/// let parsing = batch::subsegment("parse", header);
/// if let Err(error) = parse(body) {
///     parsing.fail(&error);
/// }
/// # }
/// ```
#[must_use = "a subsegment closes when it is dropped, so this one would take no time"]
pub fn subsegment(name: &str, header: Option<&str>) -> Subsegment {
    let subsegment = crate::subsegment(name);
    link_from(&subsegment, header);
    subsegment
}

/// Whether the sender of a message with this header was sampled: for work that is worth a trace only then.
///
/// ```
/// use lambda_xray::batch::is_sampled;
///
/// assert!(is_sampled(Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")));
/// assert!(!is_sampled(None));
/// ```
pub fn is_sampled(header: Option<&str>) -> bool {
    parse(header).is_some_and(|header| header.sampled == Sampled::Yes)
}

fn parse(header: Option<&str>) -> Option<TraceHeader> {
    TraceHeader::parse(header?).ok()
}

fn link_from(context: &Context, header: Option<&str>) {
    let Some((recording, entry)) = context.recording() else {
        return;
    };
    let decision = parse(header).map(|header| header.decision());
    if let Some(Decision::Record { root, parent }) = decision {
        let link = Link {
            trace_id: root,
            id: parent,
            attributes: [].into(),
        };
        recording.edit(entry, |document, _| add(document, link));
    }
}

fn add(document: &mut Document<'static>, link: Link<'static>) {
    if document.links.contains(&link) {
        return;
    }
    if document.links.len() < limits::LINKS {
        document.links.push(link);
        return;
    }
    let kept = document.metadata.get("batch");
    let kept = kept.and_then(|batch| batch.get(LEFT_OUT)?.as_u64());
    document.add_metadata("batch", LEFT_OUT, kept.unwrap_or(0).saturating_add(1));
}

const LEFT_OUT: &str = "links_left_out";
