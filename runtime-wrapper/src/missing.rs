//! A subsegment is opened where there is nothing to open it beneath: what is done about it.
//!
//! Mostly it is work that was spawned and left its context behind, which nobody notices but by a trace that lacks it. So the SDKs of other languages log it
//! unless they are told otherwise, and so do we, but once: what happens in a loop is not better known for being said a thousand times.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::log::say;

/// Where it reads what to do; all SDKs know the variable and its values.
const VARIABLE: &str = "AWS_XRAY_CONTEXT_MISSING";

/// What is done about a missing context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContextMissing {
    Log,
    Panic,
    Ignore,
}

/// Of the process, as what is missing would have been what to ask.
static CHOSEN: LazyLock<ContextMissing> = LazyLock::new(|| {
    let value = std::env::var(VARIABLE).ok();
    ContextMissing::read(value.as_deref(), |complaint| say(&complaint))
});

static SAID: AtomicBool = AtomicBool::new(false);

impl ContextMissing {
    fn read(value: Option<&str>, complain: impl FnOnce(String)) -> Self {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else {
            return Self::Log;
        };
        match value.to_ascii_uppercase().as_str() {
            "LOG_ERROR" => Self::Log,
            "RUNTIME_ERROR" => Self::Panic,
            "IGNORE_ERROR" => Self::Ignore,
            _ => {
                complain(format!(
                    "{VARIABLE} is \"{value}\"; it may be LOG_ERROR, RUNTIME_ERROR or IGNORE_ERROR; using LOG_ERROR"
                ));
                Self::Log
            }
        }
    }
}

/// The subsegment of this name has no place.
#[track_caller]
pub(crate) fn tell(name: &str) {
    match *CHOSEN {
        ContextMissing::Ignore => {}
        ContextMissing::Log if SAID.swap(true, Ordering::Relaxed) => {}
        ContextMissing::Log => say(&sentence(name)),
        #[expect(clippy::panic, reason = "the user asked for it by RUNTIME_ERROR")]
        ContextMissing::Panic => panic!("{}", sentence(name)),
    }
}

fn sentence(name: &str) -> String {
    format!(
        "the subsegment \"{name}\" was opened outside of any invocation or segment, so it is in no trace; give spawned work its context with \
         FutureExt::in_context (further ones are not told; {VARIABLE}=IGNORE_ERROR is silent)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Option<&str>, expected: ContextMissing, complaints: usize) {
        let mut told = Vec::new();
        let read = ContextMissing::read(value, |complaint| told.push(complaint));
        assert_eq!((read, told.len()), (expected, complaints), "{value:?}");
    }

    #[test]
    fn the_three_strategies_of_the_sdks_are_read() {
        check(None, ContextMissing::Log, 0);
        check(Some(" "), ContextMissing::Log, 0);
        check(Some("LOG_ERROR"), ContextMissing::Log, 0);
        check(Some("runtime_error"), ContextMissing::Panic, 0);
        check(Some(" IGNORE_ERROR "), ContextMissing::Ignore, 0);
        check(Some("PANIC"), ContextMissing::Log, 1);
    }
}
