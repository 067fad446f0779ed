//! The errors that a future may end with and that are told with their sources.
//!
//! An error type, a boxed error and one of `anyhow` have no trait in common that leads to their sources, so that each kind has an implementation of its own;
//! the number keeps them apart, and the compiler finds it.

use std::error::Error;

use crate::Context;
use crate::cause::Failure;

/// An error that [`FutureExt::capture`](crate::FutureExt::capture) can tell: a type with [`std::error::Error`], a boxed error, one that wraps errors as those of
/// `anyhow` do, or a text.
///
/// `KIND` is which of these it is; the compiler finds it. A function that captures errors of any type asks for `E: Error + 'static`.
pub trait Captured<const KIND: u8>: 'static {
    /// Makes what is open in the context a fault with this cause.
    fn tell(&self, context: &Context);
}

impl<E: Error + 'static> Captured<0> for E {
    fn tell(&self, context: &Context) {
        context.fail(self);
    }
}

impl<E: AsRef<dyn Error + Send + Sync> + 'static> Captured<1> for E {
    fn tell(&self, context: &Context) {
        context.fail(self.as_ref());
    }
}

impl Captured<2> for Box<dyn Error> {
    fn tell(&self, context: &Context) {
        context.fail(self.as_ref());
    }
}

impl Captured<3> for String {
    fn tell(&self, context: &Context) {
        tell_text(self, context);
    }
}

impl Captured<3> for &'static str {
    fn tell(&self, context: &Context) {
        tell_text(self, context);
    }
}

fn tell_text(text: &str, context: &Context) {
    if context.is_recorded() {
        context.fail_with(Failure::one("Error", text.to_owned()));
    }
}
