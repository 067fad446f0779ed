//! What is to be known of a panic, and what has to be done before an aborting process dies of one.
//!
//! `catch_unwind` gives the message and not the place, so a hook notes the place for the thread that panics. In
//! a build that aborts there is nothing after the hook, so it closes and sends what is open.

use std::any::Any;
use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::Once;

use xray_segment::document::StackFrame;

use crate::Context;
use crate::cause::Failure;

thread_local! {
    static LATEST: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// Sets the hook, once a process; the one before it is called after ours.
pub(crate) fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            note(info);
            previous(info);
        }));
    });
}

fn note(info: &PanicHookInfo<'_>) {
    let context = Context::current();
    if !context.is_recorded() {
        return;
    }
    let message = info.payload_as_str().unwrap_or(UNSAID).to_owned();
    let failure = Failure::of_panic(message, info.location().map(frame));
    if cfg!(panic = "abort") {
        close_all(&context, &failure);
    }
    // A thread that is ending has nothing to tell later.
    let _ = LATEST.try_with(|latest| latest.replace(Some(failure)));
}

const UNSAID: &str = "the panic came without a message";

fn frame(location: &std::panic::Location<'_>) -> StackFrame<'static> {
    StackFrame {
        path: Some(location.file().to_owned().into()),
        line: Some(location.line()),
        label: None,
    }
}

fn close_all(context: &Context, failure: &Failure) {
    if let Some((recording, _)) = context.recording() {
        recording.close_all(failure);
        recording.end();
    }
}

/// The panic that this thread is unwinding from: with its place, where our hook saw it.
pub(crate) fn unwinding() -> Failure {
    let noted = LATEST.try_with(|latest| latest.borrow().clone());
    let noted = noted.ok().flatten();
    noted.unwrap_or_else(|| Failure::of_panic(UNSAID.to_owned(), None))
}

/// The panic that was caught with this payload. What the hook noted is of another one where the program has replaced our hook since.
pub(crate) fn caught(payload: &(dyn Any + Send)) -> Failure {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    let text = text.unwrap_or(UNSAID);
    let noted = LATEST.try_with(RefCell::take).ok().flatten();
    noted
        .filter(|noted| noted.message() == text)
        .unwrap_or_else(|| Failure::of_panic(text.to_owned(), None))
}
