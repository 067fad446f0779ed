//! What is said of the subsegment that is open here. Nothing is said, and nothing computed, where no trace is recorded.

use std::error::Error;

use serde::Serialize;
use serde_json::Value;
use xray_segment::document::{AnnotationValue, Aws, Http, Link, Namespace, Sql};
use xray_segment::name::cut;
use xray_segment::{Document, EntityId, limits};

use super::Context;
use crate::cause::Failure;

impl Context {
    fn edit(&self, change: impl FnOnce(&mut Document<'static>)) {
        if let Some((recording, entry)) = self.recording() {
            recording.edit(entry, |document, _| change(document));
        }
    }

    /// Annotates: X-Ray indexes it, filter expressions find it. The key is made legal (letters, digits, `_`); a text is cut to 1,000 characters.
    ///
    /// ```
    /// # let charge = lambda_xray::subsegment("charge");
    /// charge.annotate("order", "42");
    /// charge.annotate("amount", 99.5);
    /// charge.annotate("first", true);
    /// ```
    pub fn annotate<'v>(&self, key: &str, value: impl Into<AnnotationValue<'v>>) {
        if self.is_recorded() {
            let value = owned(value.into());
            self.edit(|document| document.annotations.insert(key.to_owned(), value));
        }
    }

    /// Adds metadata to the namespace `default`: X-Ray keeps it and does not index it.
    pub fn metadata(&self, key: &str, value: impl Serialize) {
        self.metadata_in("default", key, value);
    }

    /// Adds metadata to a namespace. What is no JSON is told by the reason.
    ///
    /// ```
    /// # let charge = lambda_xray::subsegment("charge");
    /// charge.metadata_in("cart", "items", ["book", "pen"]);
    /// ```
    pub fn metadata_in(&self, namespace: &str, key: &str, value: impl Serialize) {
        if self.is_recorded() {
            let value = serde_json::to_value(value)
                .unwrap_or_else(|error| Value::from(format!("no JSON: {error}")));
            self.edit(|document| document.add_metadata(namespace.to_owned(), key, value));
        }
    }

    /// Says where the call goes to, so that X-Ray draws a node for it.
    ///
    /// ```
    /// use lambda_xray::document::Namespace;
    ///
    /// let call = lambda_xray::subsegment("api.example.com");
    /// call.namespace(Namespace::Remote);
    /// ```
    pub fn namespace(&self, namespace: Namespace) {
        if let Some((recording, entry)) = self.recording() {
            recording.edit(entry, |document, _| document.namespace = Some(namespace));
            recording.tell_open(entry);
        }
    }

    /// Says which HTTP request this is; a status of 400 and above sets the flags that belong to it.
    ///
    /// ```
    /// use lambda_xray::document::{Http, HttpResponse};
    ///
    /// # let call = lambda_xray::subsegment("api.example.com");
    /// let response = Some(HttpResponse { status: Some(503), content_length: None });
    /// call.http(Http { response, ..Http::default() }); // a fault
    /// ```
    pub fn http(&self, http: Http<'static>) {
        self.edit(|document| {
            if let Some(status) = http.response.and_then(|response| response.status) {
                document.flag_status(status);
            }
            document.http = Some(Box::new(http));
        });
    }

    /// Says which database query this is. Values and secrets belong in none of its texts.
    ///
    /// ```
    /// use lambda_xray::document::{Namespace, Sql};
    ///
    /// let query = lambda_xray::subsegment("orders@db.example.com");
    /// query.namespace(Namespace::Remote);
    /// query.sql(Sql { sanitized_query: Some("SELECT ?".into()), ..Sql::default() });
    /// ```
    pub fn sql(&self, sql: Sql<'static>) {
        self.edit(|document| document.sql = Some(Box::new(sql)));
    }

    /// Says which AWS call this is.
    pub fn aws(&self, aws: Aws<'static>) {
        self.edit(|document| document.aws = Some(Box::new(aws)));
    }

    /// Says who made the request, in at most 250 characters.
    pub fn user(&self, user: &str) {
        if self.is_recorded() {
            let user = cut(user, limits::TEXT_CHARS).to_owned();
            self.edit(|document| document.user = Some(user.into()));
        }
    }

    /// Links another trace that this one continues, such as that of a message in a batch.
    pub fn link(&self, link: Link<'static>) {
        self.edit(|document| document.links.push(link));
    }

    /// Says that this began when the subsegment with this id, of the same parent, was done (`precursor_ids`).
    ///
    /// ```
    /// let load = lambda_xray::subsegment("load");
    /// let loaded = load.id();
    /// drop(load);
    /// let rank = lambda_xray::subsegment("rank");
    /// if let Some(loaded) = loaded {
    ///     rank.precursor(loaded);
    /// }
    /// ```
    pub fn precursor(&self, id: EntityId) {
        self.edit(|document| document.precursor_ids.push(id));
    }

    /// Flags an error: the caller's doing, like a status of 400 to 499.
    pub fn flag_error(&self) {
        self.edit(|document| document.error = true);
    }

    /// Flags a throttle, which is an error too: asked too often, like a status of 429.
    pub fn flag_throttle(&self) {
        self.edit(|document| (document.error, document.throttle) = (true, true));
    }

    /// Flags a fault: our own doing, like a status of 500 to 599.
    pub fn flag_fault(&self) {
        self.edit(|document| document.fault = true);
    }

    /// Flags a fault and tells the error that caused it, with its sources.
    ///
    /// ```
    /// # let charge = lambda_xray::subsegment("charge");
    /// if let Err(error) = "4x2".parse::<u32>() {
    ///     charge.fail(&error);
    /// }
    /// ```
    pub fn fail(&self, error: &(dyn Error + 'static)) {
        if self.is_recorded() {
            self.fail_with(Failure::of_error(error));
        }
    }

    /// Tells the cause without flagging a fault: for an error that is the caller's doing, beside [`Context::flag_error`].
    pub fn cause(&self, error: &(dyn Error + 'static)) {
        if let Some((recording, entry)) = self.recording() {
            let failure = Failure::of_error(error);
            recording.edit(entry, |document, next_id| {
                document.cause = Some(failure.into_cause(next_id));
            });
        }
    }

    pub(crate) fn fail_with(&self, failure: Failure) {
        if let Some((recording, entry)) = self.recording() {
            recording.edit(entry, |document, next_id| {
                document.fault = true;
                document.cause = Some(failure.into_cause(next_id));
            });
        }
    }
}

fn owned(value: AnnotationValue<'_>) -> AnnotationValue<'static> {
    match value {
        AnnotationValue::Boolean(flag) => AnnotationValue::Boolean(flag),
        AnnotationValue::Number(number) => AnnotationValue::Number(number),
        AnnotationValue::Text(text) => AnnotationValue::Text(text.into_owned().into()),
    }
}
