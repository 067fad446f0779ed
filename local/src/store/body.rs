//! A document's text as it is stored: compressed where that makes it smaller, else as it came.
//!
//! Documents are short and much alike, which compressing each by itself could not use. The dictionary holds what is alike in those of all SDKs
//! (4 kB, trained by `zstd --train` with 30,000 documents in which names, values and fields vary); with it they take a third instead of a
//! half. What was stored with this dictionary can only be read with it: it never changes, another one would be another file.

use std::cell::RefCell;
use std::sync::LazyLock;

use rusqlite::ToSql;
use rusqlite::types::{FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

const DICTIONARY: &[u8] = include_bytes!("documents.dictionary");
/// Beyond, a document gets little smaller and takes much longer.
const LEVEL: i32 = 1;
/// A text that is shorter is not worth it.
const LEAST: usize = 128;

static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

thread_local! {
    // Its tables take longer to set up than a document to compress.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> =
        RefCell::new(Compressor::with_prepared_dictionary(&ENCODER).ok());
}

/// A column of type `ANY`: text as it came, or a blob that is one frame of zstd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Text(String),
    Packed(Vec<u8>),
}

impl Body {
    /// Compresses where it pays.
    pub(crate) fn new(text: String) -> Self {
        if text.len() < LEAST {
            return Self::Text(text);
        }
        let packed = COMPRESSOR.with_borrow_mut(|it| it.as_mut()?.compress(text.as_bytes()).ok());
        match packed {
            Some(packed) if packed.len() < text.len() => Self::Packed(packed),
            _ => Self::Text(text),
        }
    }
}

impl ToSql for Body {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Packed(packed) => packed.to_sql(),
        }
    }
}

/// Reads bodies one after the other, into the same room.
pub(super) struct Unpacker {
    decompressor: Decompressor<'static>,
    room: Vec<u8>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Unpacker").finish_non_exhaustive()
    }
}

impl Unpacker {
    /// With room for the largest document that is ever taken.
    pub(super) fn new() -> FromSqlResult<Self> {
        let decompressor = Decompressor::with_prepared_dictionary(&DECODER);
        Ok(Self {
            decompressor: decompressor.map_err(FromSqlError::other)?,
            room: Vec::new(),
        })
    }

    /// The text of a column.
    pub(super) fn text<'a>(&'a mut self, column: ValueRef<'a>) -> FromSqlResult<&'a [u8]> {
        match column {
            ValueRef::Text(text) => Ok(text),
            ValueRef::Blob(packed) => {
                self.room.clear();
                self.room.reserve(crate::limits::DOCUMENT_BYTES);
                let read = self
                    .decompressor
                    .decompress_to_buffer(packed, &mut self.room);
                let read = read.map_err(FromSqlError::other)?;
                Ok(self.room.get(..read).unwrap_or_default())
            }
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(body: &Body) -> ValueRef<'_> {
        match body {
            Body::Text(text) => ValueRef::Text(text.as_bytes()),
            Body::Packed(packed) => ValueRef::Blob(packed),
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(texts in prop::collection::vec(".{0,400}", 1..5)) {
            let mut unpacker = Unpacker::new().unwrap();
            for text in texts {
                let body = Body::new(text.clone());
                prop_assert_eq!(unpacker.text(column(&body)).unwrap(), text.as_bytes());
            }
        }

        #[test]
        fn a_damaged_blob_is_an_error_and_no_panic(bytes: Vec<u8>) {
            let _ = Unpacker::new().unwrap().text(ValueRef::Blob(&bytes));
        }
    }

    #[test]
    fn a_document_takes_less_than_half_and_the_largest_is_read() {
        let document = r#"{"id":"70de5b6f19ff9a0a","trace_id":"1-581cf771-a006649127e371903a2de979","parent_id":"53995c3f42cd8ad8",
            "type":"subsegment","name":"DynamoDB","start_time":1478293361.271,"end_time":1478293361.449,"namespace":"aws",
            "http":{"response":{"status":200,"content_length":60}},
            "aws":{"operation":"PutItem","region":"eu-central-1","table_name":"orders","retries":0,"request_id":"3AIENM5J4ELQ3SPODHKBIRVIC3VV4KQNSO5AEMVJF66Q9ASUAAJG"}}"#;
        let Body::Packed(packed) = Body::new(document.to_owned()) else {
            panic!("it pays");
        };
        assert!(packed.len() * 2 < document.len(), "{}", packed.len());
        let largest = "x".repeat(crate::limits::DOCUMENT_BYTES);
        let body = Body::new(largest.clone());
        let mut unpacker = Unpacker::new().unwrap();
        assert_eq!(unpacker.text(column(&body)).unwrap(), largest.as_bytes());
    }
}
