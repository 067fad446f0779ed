//! Where in a trace the running code is: carried by the task, never by the process.
//!
//! A thread-local holds the context of the future that is being polled; it is set before each poll and put back after it
//! ([`Context::enter`]). So it follows a future from thread to thread and through any executor, and two
//! futures that take turns on a thread do not see each other's. `tokio::task_local!` does the same; having it here keeps the core free of an executor.

use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use xray_segment::document::{AnnotationValue, Aws, Http, Link, Namespace, Sql};
use xray_segment::name::cut;
use xray_segment::{Document, EntityId, TraceHeader, TraceId, limits};

use crate::Subsegment;
use crate::cause::Failure;
use crate::invocation::{Entry, Invocation, Recording, Sink};

thread_local! {
    static CURRENT: RefCell<Context> = const { RefCell::new(Context(Place::Outside)) };
}

/// A place in a trace: the subsegment that is open here, and the header to send on.
///
/// Cheap to clone; give it to what runs elsewhere ([`FutureExt::in_context`](crate::FutureExt::in_context)). Its methods add to that
/// subsegment, and do nothing where no trace is recorded or the subsegment has closed.
///
/// ```
/// use lambda_xray::{Context, FutureExt};
///
/// # async fn refresh() { Context::current().annotate("refreshed", true); }
/// # async fn handler() {
/// tokio::spawn(refresh().in_context(Context::current()));
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Context(Place);

#[derive(Clone, Default)]
enum Place {
    /// No invocation and no segment is here.
    #[default]
    Outside,
    /// One that is not recorded.
    PassedOn(Arc<Invocation>),
    /// Within an open subsegment.
    Recorded(Arc<Recording>, Entry),
}

/// The trace header for a call made from here, `None` where the invocation came without one.
///
/// Where the trace is recorded its `Parent` is the current subsegment; elsewhere the header is the one that came. `Lineage` and
/// unknown keys are kept.
///
/// ```
/// # fn request() -> Vec<(String, String)> {
/// let mut headers = Vec::new();
/// if let Some(header) = lambda_xray::trace_header() {
///     headers.push(("X-Amzn-Trace-Id".to_owned(), header.to_string()));
/// }
/// # headers }
/// ```
pub fn trace_header() -> Option<TraceHeader> {
    Context::current().trace_header()
}

impl Context {
    pub(crate) fn passed_on(invocation: Invocation) -> Self {
        Self(Place::PassedOn(Arc::new(invocation)))
    }

    pub(crate) fn recorded(recording: Arc<Recording>, entry: Entry) -> Self {
        Self(Place::Recorded(recording, entry))
    }

    /// The context of the code that asks.
    pub fn current() -> Self {
        // A thread that is ending is outside of everything.
        let current = CURRENT.try_with(|current| current.borrow().clone());
        current.unwrap_or_default()
    }

    /// Makes this the current context until the guard is dropped.
    pub(crate) fn enter(&self) -> Entered {
        let previous = CURRENT.try_with(|current| current.replace(self.clone()));
        Entered(previous.ok())
    }

    /// Makes this the current context, and gives the one that was: for what is left by a call instead of by a guard.
    #[cfg(feature = "tracing")]
    pub(crate) fn replace_current(self) -> Self {
        let previous = CURRENT.try_with(|current| current.replace(self));
        previous.unwrap_or_default()
    }

    /// Runs `work` with this as its current context.
    ///
    /// ```
    /// let report = lambda_xray::subsegment("report");
    /// report.in_scope(|| {
    ///     let _table = lambda_xray::subsegment("table"); // beneath "report"
    /// });
    /// ```
    pub fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        work()
    }

    /// Opens a subsegment beneath this one. Its name is made legal: letters, digits, spaces and `_.:/%&#=+-@`, at most 200 characters.
    pub fn subsegment(&self, name: &str) -> Subsegment {
        Subsegment::open(match &self.0 {
            Place::Recorded(recording, entry) => {
                Self::recorded(recording.clone(), recording.open(name, entry.id))
            }
            _ => self.clone(),
        })
    }

    /// Opens a piece of work that is not recorded, in a trace that is, and asks those it calls not to record either: for what is done so
    /// often that a trace of it would tell nothing, such as polling a queue.
    ///
    /// ```
    /// use lambda_xray::{Context, FutureExt};
    ///
    /// # async fn poll() {}
    /// # async fn handler() {
    /// poll().in_context(Context::current().without_sampling()).await;
    /// # }
    /// ```
    #[must_use = "it is a place to run something in"]
    pub fn without_sampling(&self) -> Self {
        let Some(header) = self.trace_header() else {
            return self.clone();
        };
        let request_id = self.invocation().and_then(|it| it.request_id.clone());
        Self::passed_on(Invocation {
            request_id,
            header: Some(header.with_decision(false)),
            sink: Sink::Nowhere,
        })
    }

    /// The id of the subsegment that is open here, where the trace is recorded.
    pub fn id(&self) -> Option<EntityId> {
        self.recording().map(|(_, entry)| entry.id)
    }

    /// Whether no invocation and no segment is here.
    pub(crate) fn is_outside(&self) -> bool {
        matches!(self.0, Place::Outside)
    }

    /// Whether the trace is recorded: worth asking before something expensive is computed for an annotation.
    pub fn is_recorded(&self) -> bool {
        matches!(self.0, Place::Recorded(..))
    }

    /// The trace, where the invocation came with one: for logs.
    pub fn trace_id(&self) -> Option<TraceId> {
        Some(self.invocation()?.header.as_ref()?.root)
    }

    /// The trace header for a call made from here; see [`trace_header`].
    pub fn trace_header(&self) -> Option<TraceHeader> {
        let header = self.invocation()?.header.as_ref()?;
        Some(match &self.0 {
            Place::Recorded(_, entry) => header.with_parent(entry.id),
            _ => header.clone(),
        })
    }

    pub(crate) fn invocation(&self) -> Option<&Invocation> {
        match &self.0 {
            Place::Outside => None,
            Place::PassedOn(invocation) => Some(invocation),
            Place::Recorded(recording, _) => Some(recording.invocation()),
        }
    }

    pub(crate) fn recording(&self) -> Option<(&Arc<Recording>, Entry)> {
        match &self.0 {
            Place::Recorded(recording, entry) => Some((recording, *entry)),
            _ => None,
        }
    }

    /// The function subsegment of the invocation that runs here; this place itself where nothing is recorded.
    #[cfg(any(feature = "batch", feature = "http", feature = "request"))]
    pub(crate) fn function(&self) -> Self {
        let recorded = self.recording().and_then(|(recording, _)| {
            Some(Self::recorded(recording.clone(), recording.function()?))
        });
        recorded.unwrap_or_else(|| self.clone())
    }

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

    /// Ends the invocation that runs here.
    pub(crate) fn end(&self) {
        match &self.0 {
            Place::Outside => {}
            Place::PassedOn(invocation) => invocation.finish(),
            Place::Recorded(recording, _) => recording.end(),
        }
    }

    pub(crate) fn close(&self) {
        if let Some((recording, entry)) = self.recording() {
            recording.close(entry);
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

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Context");
        if let Some(invocation) = self.invocation() {
            debug.field("request_id", &invocation.request_id);
        }
        if let Some((_, entry)) = self.recording() {
            debug.field("subsegment", &entry.id);
        }
        debug.finish()
    }
}

/// Puts the context back that was there before.
#[must_use = "the context is left when this is dropped"]
pub(crate) struct Entered(Option<Context>);

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(previous) = self.0.take() {
            // The replaced one is dropped after the cell is free again: it may be the last to hold its invocation.
            let _ = CURRENT.try_with(|current| current.replace(previous));
        }
    }
}
