//! The HTTP request that an invocation answers, on the function subsegment.
//!
//! ```
//! use lambda_runtime::{Error, LambdaEvent};
//! use lambda_xray::{record_request, record_response, request::Details};
//! use serde_json::{Value, json};
//!
//! async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     if let Some(details) = Details::of(&event.payload) {
//!         record_request(&details);
//!     }
//!     let body = "not here";
//!     record_response(404, Some(body.len() as u64)); // an error
//!     Ok(json!({ "statusCode": 404, "body": body }))
//! }
//! ```

mod details;
mod event;

use xray_segment::document::HttpResponse;

pub use details::{Client, Details};

use crate::Context;

/// Says on the function subsegment which request this invocation answers. Does nothing where no trace is recorded.
pub fn record_request(details: &Details<'_>) {
    if let Some((recording, entry)) = Context::current().function().recording() {
        let request = details.request();
        recording.edit(entry, |document, _| {
            document.http.get_or_insert_default().request = Some(request);
        });
    }
}

/// Says on the function subsegment how the request was answered: a status of 400 to 499 is an error, 429 a throttle too, 500 to 599
/// a fault. `content_length` is in bytes of the body, where that is known.
///
/// Does nothing where no trace is recorded.
pub fn record_response(status: u16, content_length: Option<u64>) {
    if let Some((recording, entry)) = Context::current().function().recording() {
        let response = HttpResponse {
            status: Some(status),
            content_length,
        };
        recording.edit(entry, |document, _| {
            document.flag_status(status);
            document.http.get_or_insert_default().response = Some(response);
        });
    }
}
