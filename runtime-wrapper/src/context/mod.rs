//! Where in a trace the running code is: carried by the task, never by the process.
//!
//! A thread-local holds the context of the future that is being polled; it is set before each poll and put back after it
//! ([`Context::enter`]). So it follows a future from thread to thread and through any executor, and two
//! futures that take turns on a thread do not see each other's. `tokio::task_local!` does the same; having it here keeps the core free of an executor.

mod telling;

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use xray_segment::{EntityId, TraceHeader, TraceId};

use crate::Subsegment;
use crate::invocation::{Invocation, Sink};
use crate::recording::{Entry, Recording};

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
