//! Errors and panics as X-Ray tells them: exceptions, each linked to the one that caused it.
//!
//! Described first and given ids later, because a description runs code of the user's (`Display`, `source`), which must not
//! run under a lock of ours.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt::Debug;

use lambda_runtime::Diagnostic;
use xray_segment::EntityId;
use xray_segment::document::{Cause, Exception, StackFrame};

/// Sources followed; a chain that loops has to end somewhere.
const CHAIN: usize = 16;

/// What went wrong, the outermost error first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Failure(Vec<Description>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Description {
    kind: String,
    message: String,
    stack: Vec<StackFrame<'static>>,
}

impl Failure {
    /// An error and its sources.
    pub(crate) fn of_error(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        let chain = std::iter::from_fn(|| {
            let error = next?;
            next = error.source();
            Some(error)
        });
        Self(chain.take(CHAIN).map(describe).collect())
    }

    /// An error of a type that says no more than `Debug`: what a handler may fail with.
    pub(crate) fn of<E: Debug + 'static>(error: &E) -> Self {
        let any: &dyn Any = error;
        if let Some(error) = any.downcast_ref::<Box<dyn Error + Send + Sync>>() {
            return Self::of_error(error.as_ref());
        }
        if let Some(error) = any.downcast_ref::<Box<dyn Error>>() {
            return Self::of_error(error.as_ref());
        }
        if let Some(error) = any.downcast_ref::<std::io::Error>() {
            return Self::of_error(error);
        }
        if let Some(diagnostic) = any.downcast_ref::<Diagnostic>() {
            return Self::one(&diagnostic.error_type, diagnostic.error_message.clone());
        }
        let text = any.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| any.downcast_ref::<&str>().copied());
        let message = text.map_or_else(|| format!("{error:?}"), str::to_owned);
        Self::one(type_name::<E>(), message)
    }

    /// A panic, and where it happened.
    pub(crate) fn of_panic(message: String, place: Option<StackFrame<'static>>) -> Self {
        Self(vec![Description {
            kind: "panic".to_owned(),
            message,
            stack: place.into_iter().collect(),
        }])
    }

    /// An event that tells of an error: what it says and where, then the error that it was given.
    #[cfg(feature = "tracing")]
    pub(crate) fn of_event(
        message: String,
        place: Option<StackFrame<'static>>,
        given: Option<Self>,
    ) -> Self {
        let mut chain = given.unwrap_or_default().0;
        if chain.is_empty() || !message.is_empty() {
            let Self(said) = Self::one("Error", message);
            chain.splice(..0, said);
        }
        if let Some(first) = chain.first_mut() {
            first.stack = place.into_iter().collect();
        }
        Self(chain)
    }

    /// What the outermost error says.
    pub(crate) fn message(&self) -> &str {
        self.0.first().map_or("", |one| &one.message)
    }

    /// An error that is nothing but its kind and what it says.
    pub(crate) fn one(kind: &str, message: String) -> Self {
        Self(vec![Description {
            kind: kind.to_owned(),
            message,
            stack: Vec::new(),
        }])
    }

    /// Gives each exception its id, and the id of the one that caused it.
    pub(crate) fn into_cause(self, mut next_id: impl FnMut() -> EntityId) -> Cause<'static> {
        let mut cause = None;
        let mut exceptions: Vec<_> = self
            .0
            .into_iter()
            .rev()
            .map(|description| {
                let mut exception =
                    Exception::new(next_id(), description.kind, description.message);
                exception.stack = description.stack;
                exception.cause = cause.replace(exception.id);
                exception
            })
            .collect();
        exceptions.reverse();
        Cause::new(exceptions)
    }
}

fn describe(error: &(dyn Error + 'static)) -> Description {
    Description {
        kind: kind(error),
        message: error.to_string(),
        stack: Vec::new(),
    }
}

/// The type's name is gone behind `dyn Error`; what `#[derive(Debug)]` prints begins with it, or with its variant's.
fn kind(error: &(dyn Error + 'static)) -> String {
    if error.is::<std::io::Error>() {
        return "std::io::Error".to_owned();
    }
    let debug = format!("{error:?}");
    let end = debug.find(|character: char| !character.is_alphanumeric() && character != '_');
    match debug.get(..end.unwrap_or(debug.len())) {
        Some(name) if name.starts_with(char::is_uppercase) => name.to_owned(),
        _ => "Error".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Declined(std::num::ParseIntError);

    impl fmt::Display for Declined {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("card declined")
        }
    }

    impl Error for Declined {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    fn declined() -> Declined {
        Declined("x".parse::<u8>().unwrap_err())
    }

    fn told(failure: &Failure) -> Vec<(&str, &str)> {
        let told = failure.0.iter();
        told.map(|one| (one.kind.as_str(), one.message.as_str()))
            .collect()
    }

    #[test]
    fn a_boxed_error_is_told_with_its_sources() {
        let error: Box<dyn Error + Send + Sync> = Box::new(declined());
        let failure = Failure::of(&error);
        let expected = [
            ("Declined", "card declined"),
            ("ParseIntError", "invalid digit found in string"),
        ];
        assert_eq!(told(&failure), expected);
    }

    #[test]
    fn each_exception_names_the_one_that_caused_it() {
        let mut number = 0;
        let cause = Failure::of_error(&declined()).into_cause(|| {
            number += 1;
            EntityId::from_bytes([number; 8])
        });
        let Cause::Detail(detail) = cause else {
            panic!("{cause:?}")
        };
        assert_eq!(detail.exceptions[0].cause, Some(detail.exceptions[1].id));
        assert_eq!(detail.exceptions[1].cause, None);
    }

    #[test]
    fn other_types_are_told_by_what_they_print() {
        assert_eq!(told(&Failure::of(&"no")), [("&str", "no")]);
        let text: Box<dyn Error + Send + Sync> = "no".into();
        assert_eq!(told(&Failure::of(&text)), [("Error", "no")]);
        let plain = Failure::of(&declined());
        let [(kind, message)] = told(&plain)[..] else {
            panic!()
        };
        assert!(kind.ends_with("::Declined") && message.starts_with("Declined("));
    }
}
