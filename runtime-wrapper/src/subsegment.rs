//! The guard of a piece of work: opened by name, closed and sent when it is dropped.
//!
//! It holds a [`Context`], which is nothing but a place to be where no trace is recorded: user code has no second way for that.

use std::ops::Deref;

use crate::{Context, missing, panic};

/// Opens a subsegment beneath the current one; a guard that does nothing where no trace is recorded.
///
/// ```
/// let charge = lambda_xray::subsegment("charge");
/// charge.annotate("order", "42");
/// charge.metadata("cart", serde_json::json!({"items": 3}));
/// // Closed and sent here, at the end of the scope.
/// ```
///
/// Outside of any invocation or segment there is nothing to open it beneath, which [`AWS_XRAY_CONTEXT_MISSING`](crate#settings) decides on.
/// See [`Context::subsegment`] for what a name may be, and the [front page](crate#what-is-open-while-what-runs) for what stands beneath what.
#[must_use = "a subsegment closes when it is dropped, so this one would take no time"]
pub fn subsegment(name: &str) -> Subsegment {
    let here = Context::current();
    if here.is_outside() {
        missing::tell(name);
    }
    here.subsegment(name)
}

/// An open subsegment: closed and sent when it is dropped, with a fault when that is for a panic.
///
/// Dereferences to its [`Context`], which has the methods that add to it.
#[derive(Debug)]
#[must_use = "a subsegment closes when it is dropped"]
pub struct Subsegment {
    context: Context,
    /// With it ends what it is the outermost of.
    #[cfg(feature = "recorder")]
    is_segment: bool,
}

impl Subsegment {
    pub(crate) fn open(context: Context) -> Self {
        Self {
            context,
            #[cfg(feature = "recorder")]
            is_segment: false,
        }
    }

    /// The guard of a segment: all else stands beneath it.
    #[cfg(feature = "recorder")]
    pub(crate) fn segment(context: Context) -> Self {
        Self {
            context,
            is_segment: true,
        }
    }
}

impl Deref for Subsegment {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl Drop for Subsegment {
    fn drop(&mut self) {
        if std::thread::panicking() && self.context.is_recorded() {
            self.context.fail_with(panic::unwinding());
        }
        self.context.close();
        #[cfg(feature = "recorder")]
        if self.is_segment {
            self.context.end();
        }
    }
}
