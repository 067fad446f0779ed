//! Every number of the format, once, with its source.

/// Bytes of one segment document: 64 kB (X-Ray quotas, "Segment document size").
pub const DOCUMENT_BYTES: usize = 64 * 1024;

/// Bytes of the largest UDP datagram over IPv4: 65,535 less the IP and UDP headers (RFC 768, RFC 791).
pub const DATAGRAM_BYTES: usize = 65_507;

/// Documents in one `PutTraceSegments`; the service refuses a call with more.
pub const DOCUMENTS_PER_PUT: usize = 50;

/// Characters of a segment's or subsegment's name (segment schema).
pub const NAME_CHARS: usize = 200;

/// Characters of an annotation key (segment schema).
pub const ANNOTATION_KEY_CHARS: usize = 500;

/// Characters of an annotation's string value (X-Ray Developer Guide, "Annotations").
pub const ANNOTATION_VALUE_CHARS: usize = 1000;

/// Annotations that X-Ray indexes for a trace; further ones are stored, not searchable.
pub const ANNOTATIONS_PER_TRACE: usize = 50;

/// Characters of a string field that has no limit of its own (X-Ray Developer Guide).
pub const TEXT_CHARS: usize = 250;

/// Traces that a segment links (X-Ray Developer Guide, "Linking traces").
pub const LINKS: usize = 20;

/// Stack frames kept of an exception; the rest is counted in `truncated`, as the Java SDK does.
pub const STACK_FRAMES: usize = 50;
