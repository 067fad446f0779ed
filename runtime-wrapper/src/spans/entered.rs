//! The spans that a thread is in, each with the context to go back to.
//!
//! A list a thread, not a place in the span: several threads may be in one span, and one thread several times. Guards may be dropped in any order;
//! what lies above a span that is left early then goes back to where that span would have.

use std::cell::RefCell;

use tracing::span::Id;

use crate::Context;

thread_local! {
    static ENTERED: RefCell<Vec<Within>> = const { RefCell::new(Vec::new()) };
}

struct Within {
    span: Id,
    previous: Context,
}

/// Makes the context of a span the current one.
pub(super) fn enter(span: &Id, context: Context) {
    let previous = context.replace_current();
    let within = Within {
        span: span.clone(),
        previous,
    };
    // A thread that is ending has no context either.
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(within));
}

/// Puts the context back that was there before the span; does nothing for a span that has no subsegment.
pub(super) fn exit(span: &Id) {
    let left = ENTERED.try_with(|entered| leave(&mut entered.borrow_mut(), span));
    if let Ok(Some(previous)) = left {
        // The replaced one is dropped with no cell borrowed: it may be the last to hold its invocation.
        drop(previous.replace_current());
    }
}

/// Takes the span away. The context to go back to at once, where it is the innermost.
fn leave(entered: &mut Vec<Within>, span: &Id) -> Option<Context> {
    let at = entered.iter().rposition(|within| within.span == *span)?;
    let left = entered.remove(at);
    match entered.get_mut(at) {
        Some(above) => {
            above.previous = left.previous;
            None
        }
        None => Some(left.previous),
    }
}
