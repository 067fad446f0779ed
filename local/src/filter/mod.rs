//! Filter expressions: the language in which X-Ray is asked for some of its traces.
//!
//! ```text
//! text ─▶ lexer ─▶ parse ─▶ Filter ─▶ substitute (groups) ─▶ Search ─▶ eval over Facts of a trace
//!                             └─▶ print
//! ```
//!
//! AWS publishes no grammar; this one takes every form its guide shows. What the guide leaves open is decided here: OR binds
//! weaker than AND, keywords and operators are read in any case, names and values as they are written, a comparison with
//! something that a trace does not have is false, and an annotation is compared only with values of its own type.

#[cfg(test)]
mod agreement;
mod ast;
mod calls;
mod clues;
mod error;
mod eval;
mod facts;
mod lexer;
mod parse;
mod print;
mod substitute;
#[cfg(test)]
mod tests;

pub(crate) use ast::{Filter, Search};
pub(crate) use error::FilterError;
