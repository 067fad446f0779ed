//! The layer: what all invocations of the process share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lambda_runtime::tower::Layer;

use super::XrayService;
use crate::config::Config;
use crate::emit::Emitter;
use crate::log::say;
#[cfg(feature = "metrics")]
use crate::metrics::Metrics;
use crate::panic;
use crate::recording::Recording;
use crate::watch::Watch;

/// Traces each invocation: a [`tower::Layer`] around the handler, or for [`lambda_runtime::Runtime::layer`], or both.
///
/// Make one a process, and clone it: the clones share the socket and know together which invocation is the first.
///
/// ```no_run
/// use lambda_runtime::tower::Layer;
/// use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
/// use lambda_xray::XrayLayer;
///
/// # async fn example() -> Result<(), Error> {
/// async fn handler(_: LambdaEvent<()>) -> Result<(), Error> {
///     Ok(())
/// }
///
/// let xray = XrayLayer::new();
/// Runtime::new(xray.layer(service_fn(handler))).layer(xray).run().await
/// # }
/// ```
#[derive(Clone)]
pub struct XrayLayer {
    shared: Arc<Shared>,
}

struct Shared {
    lookup: Box<Lookup>,
    concurrent: bool,
    disabled: bool,
    warm: AtomicBool,
    emitter: Arc<Emitter>,
    watch: Watch,
    #[cfg(feature = "metrics")]
    metrics: Option<Metrics>,
}

/// The value of a variable.
type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl XrayLayer {
    /// A layer with its settings from the environment. Opens a socket, asks whether an extension is there, and sets the panic hook.
    pub fn new() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// A layer with its settings from `lookup`, which takes the names of [environment variables](crate#settings).
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        panic::install_hook();
        let config = Config::from_lookup(&lookup, |complaint| say(&complaint));
        Self {
            shared: Arc::new(Shared {
                concurrent: config.concurrent,
                disabled: config.disabled,
                emitter: Arc::new(Emitter::new(&config)),
                #[cfg(feature = "metrics")]
                metrics: Metrics::from_lookup(&lookup),
                lookup: Box::new(lookup),
                warm: AtomicBool::new(false),
                watch: Watch::default(),
            }),
        }
    }

    /// True once: at the first invocation of the environment.
    pub(super) fn is_cold(&self) -> bool {
        !self.shared.warm.swap(true, Ordering::Relaxed)
    }

    /// Whether the user turned tracing off.
    pub(super) fn is_disabled(&self) -> bool {
        self.shared.disabled
    }

    /// The trace header that the process was given, where it takes one invocation at a time.
    pub(super) fn process_header(&self) -> Option<String> {
        if self.shared.concurrent {
            return None;
        }
        (self.shared.lookup)("_X_AMZN_TRACE_ID")
    }

    /// Tells the extension, where there is one, of what stays open in this invocation.
    pub(super) fn watch(&self, recording: &Arc<Recording>) {
        if self.shared.emitter.may_be_heard() {
            self.shared.watch.observe(recording);
        }
    }

    #[cfg(feature = "metrics")]
    pub(super) fn metrics(&self) -> Option<&Metrics> {
        self.shared.metrics.as_ref()
    }

    pub(super) fn emitter(&self) -> &Arc<Emitter> {
        &self.shared.emitter
    }
}

impl Default for XrayLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for XrayLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XrayLayer")
            .field("concurrent", &self.shared.concurrent)
            .field("emitter", &self.shared.emitter)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for XrayLayer {
    type Service = XrayService<S>;

    fn layer(&self, inner: S) -> XrayService<S> {
        XrayService::new(inner, self.clone())
    }
}
