//! A trace drawn as a tree, a line for each subsegment.

use std::fmt::{Display, Formatter, Result};

use xray_segment::Document;
use xray_segment::document::{AnnotationValue, Cause};

use super::Trace;

pub(super) fn draw(trace: &Trace, f: &mut Formatter<'_>) -> Result {
    match trace.documents().first() {
        Some(root) => {
            line(root, f)?;
            children(trace, root, "", f)
        }
        None => writeln!(f, "(nothing was captured)"),
    }
}

fn children(trace: &Trace, above: &Document<'_>, indent: &str, f: &mut Formatter<'_>) -> Result {
    let mut beneath = trace.beneath(above.id).peekable();
    while let Some(child) = beneath.next() {
        let (branch, below) = match beneath.peek() {
            Some(_) => ("├─ ", "│  "),
            None => ("└─ ", "   "),
        };
        write!(f, "{indent}{branch}")?;
        line(child, f)?;
        children(trace, child, &format!("{indent}{below}"), f)?;
    }
    Ok(())
}

fn line(document: &Document<'_>, f: &mut Formatter<'_>) -> Result {
    write!(f, "{}", document.name)?;
    for (key, value) in document.annotations.iter() {
        write!(f, "  {key}={}", Shown(value))?;
    }
    let flags = [
        (document.error, "error"),
        (document.throttle, "throttle"),
        (document.fault, "fault"),
    ];
    for (_, flag) in flags.iter().filter(|(set, _)| *set) {
        write!(f, "  {flag}")?;
    }
    if let Some(Cause::Detail(detail)) = &document.cause
        && let Some(message) = detail
            .exceptions
            .first()
            .and_then(|first| first.message.as_ref())
    {
        write!(f, ": {message}")?;
    }
    writeln!(f)
}

struct Shown<'a>(&'a AnnotationValue<'a>);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            AnnotationValue::Boolean(flag) => flag.fmt(f),
            AnnotationValue::Number(number) => number.fmt(f),
            AnnotationValue::Text(text) => text.fmt(f),
        }
    }
}
