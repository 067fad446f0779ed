//! Making documents fit: a subsegment tree becomes several documents, and what is still too large is trimmed, never lost.
//!
//! X-Ray refuses a document over 64 kB, and a datagram cannot carry one; every SDK loses it there. Here children leave their parent,
//! the largest first, and are sent by themselves: X-Ray puts them back by `parent_id`. Only when a single
//! subsegment is too large does anything have to go: metadata first, because nothing searches it, then stack frames, parameters, long
//! texts, and at the very last annotations. What went is said in the metadata's namespace [`TRIMMED`].

use serde::Serialize;

use crate::document::{Cause, Text};
use crate::name::cut;
use crate::{Document, limits};

/// The metadata namespace that says what was trimmed of a document, with the bytes that went.
pub const TRIMMED: &str = "trimmed";

/// Characters kept of a text that is trimmed.
const KEPT_CHARS: usize = limits::TEXT_CHARS;

/// Splits a document into ones of at most `limit` bytes of JSON each.
///
/// The document itself comes first, its detached children after it. A `limit` below two kilobytes, which no
/// transport has, cannot always be kept.
///
/// ```
/// use xray_segment::{Document, EntityId, Timestamp, TraceId, split::split};
///
/// let mut document = Document::segment("big", EntityId::from_bytes([1; 8]), TraceId::from_bytes([2; 16]), Timestamp::default());
/// document.add_metadata("default", "cart", "x".repeat(100_000));
/// let parts = split(document, 65_000);
/// assert_eq!(parts.len(), 1);
/// assert_eq!(parts[0].metadata["trimmed"]["metadata.default.cart"], 100_002);
/// ```
pub fn split(document: Document<'_>, limit: usize) -> Vec<Document<'_>> {
    let mut done = Vec::new();
    let mut waiting = vec![document];
    while let Some(mut document) = waiting.pop() {
        if json_len(&document) > limit {
            let children = detach(&mut document, limit);
            trim(&mut document, limit);
            waiting.extend(children.into_iter().rev());
        }
        done.push(document);
    }
    done
}

/// Takes children away, the largest first, until the rest fits or none is left.
fn detach<'a>(document: &mut Document<'a>, limit: usize) -> Vec<Document<'a>> {
    let Some(trace) = document.trace_id else {
        return Vec::new();
    };
    let mut size = json_len(document);
    let mut children: Vec<_> = std::mem::take(&mut document.subsegments)
        .into_iter()
        .enumerate()
        .map(|(place, child)| (json_len(&child), place, child))
        .collect();
    children.sort_by_key(|(bytes, place, _)| (*bytes, *place));
    let mut detached = Vec::new();
    while size > limit
        && let Some((bytes, place, child)) = children.pop()
    {
        size -= bytes;
        detached.push((place, child.of_trace(trace, document.id)));
    }
    children.sort_by_key(|(_, place, _)| *place);
    document.subsegments = children.into_iter().map(|(_, _, child)| child).collect();
    detached.sort_by_key(|(place, _)| *place);
    detached.into_iter().map(|(_, child)| child).collect()
}

/// Each step takes away what is worth less than what the next one takes, and stops as soon as the document fits.
fn trim(document: &mut Document<'_>, limit: usize) {
    let steps = [
        trim_metadata,
        trim_stacks,
        trim_parameters,
        trim_texts,
        trim_links,
        trim_annotations,
    ];
    for step in steps {
        if json_len(document) <= limit {
            return;
        }
        step(document, limit);
    }
}

/// Says in the metadata that `what` had `bytes` bytes and is gone, or is shorter now.
fn mark(document: &mut Document<'_>, what: String, bytes: usize) {
    document.add_metadata(TRIMMED, what, bytes);
}

fn trim_metadata(document: &mut Document<'_>, limit: usize) {
    let mut entries: Vec<_> = document
        .metadata
        .iter()
        .filter(|(namespace, _)| *namespace != TRIMMED)
        .flat_map(|(namespace, values)| {
            values
                .iter()
                .map(|(key, value)| (json_len(value), namespace.to_string(), key.clone()))
        })
        .collect();
    entries.sort_unstable();
    while json_len(document) > limit
        && let Some((bytes, namespace, key)) = entries.pop()
    {
        remove_metadata(document, &namespace, &key);
        let name = format!("metadata.{}.{}", cut(&namespace, 40), cut(&key, 40));
        mark(document, name, bytes);
    }
    if json_len(document) > limit {
        // Thousands of tiny entries: their marks are no smaller than they were.
        document.metadata.clear();
        mark(document, "metadata".into(), limit);
    }
}

fn remove_metadata(document: &mut Document<'_>, namespace: &str, key: &str) {
    if let Some(values) = document.metadata.get_mut(namespace) {
        values.remove(key);
        if values.is_empty() {
            document.metadata.remove(namespace);
        }
    }
}

fn trim_stacks(document: &mut Document<'_>, _: usize) {
    let bytes = json_len(&document.cause);
    let Some(Cause::Detail(detail)) = &mut document.cause else {
        return;
    };
    detail.paths.clear();
    detail.exceptions.truncate(limits::STACK_FRAMES);
    for exception in &mut detail.exceptions {
        let gone = u32::try_from(exception.stack.len()).unwrap_or(u32::MAX);
        exception.truncated = exception.truncated.saturating_add(gone);
        exception.stack.clear();
        shorten(&mut exception.message);
        shorten(&mut exception.kind);
    }
    shorten(&mut detail.working_directory);
    mark(document, "cause".into(), bytes);
}

fn trim_parameters(document: &mut Document<'_>, _: usize) {
    let Some(aws) = &mut document.aws else { return };
    let bytes = json_len(aws);
    aws.parameters
        .retain(|_, value| json_len(value) <= KEPT_CHARS);
    while json_len(aws) > limits::DOCUMENT_BYTES / 8 && aws.parameters.pop_last().is_some() {}
    aws.cloudwatch_logs.truncate(10);
    mark(document, "aws".into(), bytes);
}

fn trim_texts(document: &mut Document<'_>, _: usize) {
    let bytes = json_len(document);
    if let Some(request) = document
        .http
        .as_mut()
        .and_then(|http| http.request.as_mut())
    {
        shorten(&mut request.url);
        shorten(&mut request.user_agent);
        shorten(&mut request.client_ip);
        shorten(&mut request.method);
    }
    if let Some(sql) = &mut document.sql {
        shorten(&mut sql.sanitized_query);
        shorten(&mut sql.url);
        shorten(&mut sql.connection_string);
        shorten(&mut sql.user);
    }
    document.name = cut(&document.name, limits::NAME_CHARS).to_owned().into();
    shorten(&mut document.user);
    shorten(&mut document.origin);
    shorten(&mut document.resource_arn);
    mark(document, "text".into(), bytes);
}

fn trim_links(document: &mut Document<'_>, _: usize) {
    let bytes = json_len(&document.links) + json_len(&document.precursor_ids);
    for link in &mut document.links {
        link.attributes.clear();
    }
    document.links.truncate(limits::LINKS);
    document.precursor_ids.truncate(20);
    mark(document, "links".into(), bytes);
}

fn trim_annotations(document: &mut Document<'_>, limit: usize) {
    let bytes = json_len(&document.annotations);
    mark(document, "annotations".into(), bytes);
    while json_len(document) > limit && document.annotations.pop().is_some() {}
    if json_len(document) > limit {
        // Only blocks whose fields were written past the setters are left.
        (document.aws, document.http, document.sql, document.service) = (None, None, None, None);
    }
}

fn shorten(text: &mut Option<Text<'_>>) {
    if let Some(text) = text.as_mut().filter(|text| text.len() > KEPT_CHARS) {
        *text = format!("{}…", cut(text, KEPT_CHARS - 1)).into();
    }
}

/// Bytes of a value as JSON, without writing it down.
fn json_len<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX,
    }
}

struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
