//! Trace ids and entity ids: bytes, so that a malformed one cannot exist.
//!
//! Entity ids are taken from an [`IdBuffer`] that its owner fills from the operating system once an invocation and throws away
//! after it. A generator that lives longer would be copied with its state by a fork or a `SnapStart` snapshot and
//! give two environments the same ids; one system call an id would cost more than the rest of a subsegment.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// What is wrong with the text of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdError {
    /// Not a trace id in either form.
    #[error(
        "a trace id is 1-, 8 hexadecimal digits, -, 24 hexadecimal digits, or 32 hexadecimal digits as W3C writes it"
    )]
    Trace,
    /// Not an entity id.
    #[error("an entity id is 16 hexadecimal digits")]
    Entity,
}

/// The id of a trace: `1-5759e988-bd862e3fe1be46a994272793`, or as W3C writes it `5759e988bd862e3fe1be46a994272793`.
///
/// ```
/// use xray_segment::TraceId;
///
/// let id: TraceId = "1-5759e988-bd862e3fe1be46a994272793".parse()?;
/// assert_eq!(id.w3c(), "5759e988bd862e3fe1be46a994272793");
/// assert_eq!(id.w3c().parse::<TraceId>()?, id);
/// # Ok::<(), xray_segment::IdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// Characters of the X-Ray form.
    pub const LENGTH: usize = 35;

    /// From its 16 bytes: four of the epoch second, twelve random.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A new id for a trace that starts at `epoch_seconds`, out of given randomness.
    pub fn new(epoch_seconds: u32, random: [u8; 12]) -> Self {
        let mut bytes = [0; 16];
        let (time, rest) = bytes.split_at_mut(4);
        time.copy_from_slice(&epoch_seconds.to_be_bytes());
        rest.copy_from_slice(&random);
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The second the trace started, as far as its maker wrote one there (W3C ids are random all through).
    pub fn epoch_seconds(&self) -> u32 {
        u32::from_be_bytes(self.0.first_chunk().copied().unwrap_or_default())
    }

    /// Parses either form.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        Self::parse_bytes(text.as_bytes()).ok_or(IdError::Trace)
    }

    fn parse_bytes(text: &[u8]) -> Option<Self> {
        let (time, random) = match text.len() {
            Self::LENGTH => {
                let (time, random) = text.strip_prefix(b"1-")?.split_at_checked(8)?;
                (time, random.strip_prefix(b"-")?)
            }
            _ => text.split_at_checked(8)?,
        };
        let time: [u8; 4] = decode_hex(time)?;
        Some(Self::new(u32::from_be_bytes(time), decode_hex(random)?))
    }

    /// The 32 digits that W3C trace context and OpenTelemetry use.
    pub fn w3c(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for TraceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (second, rest) = self.0.split_at(4);
        let mut text = [b'-'; Self::LENGTH];
        let [one, _, time @ ..] = &mut text;
        *one = b'1';
        let (time, random) = time.split_at_mut(8);
        encode_hex(second, time);
        encode_hex(rest, random.split_at_mut(1).1);
        f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of a segment or subsegment: 64 bits, written as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId([u8; 8]);

impl EntityId {
    /// Characters of the text form.
    pub const LENGTH: usize = 16;

    /// From its 8 bytes.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The 8 bytes.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// Parses 16 hexadecimal digits of either case.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        decode_hex(text.as_bytes()).map(Self).ok_or(IdError::Entity)
    }
}

impl FromStr for EntityId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; Self::LENGTH];
        encode_hex(&self.0, &mut text);
        f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! text_on_the_wire {
    ($($id:ty),+) => {$(
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text(PhantomData))
            }
        }
    )+};
}

text_on_the_wire!(TraceId, EntityId);

/// Parses an id out of the text as it lies in the document, without a copy of it.
struct Text<T>(PhantomData<T>);

impl<T: FromStr<Err = IdError>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id as text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Randomness for the ids of one invocation.
///
/// Holds a few ids' worth of bytes. The owner fills it where it may do I/O, and again whenever it has run out:
///
/// ```
/// use xray_segment::IdBuffer;
///
/// let mut ids = IdBuffer::default();
/// let id = ids.next_id(|bytes| bytes.fill(7));
/// assert_eq!(id.to_string(), "0707070707070707");
/// ```
#[derive(Clone)]
pub struct IdBuffer {
    random: [u8; IdBuffer::BYTES],
    left: usize,
}

impl IdBuffer {
    const BYTES: usize = 256;

    /// The next id; `fill` is called for fresh randomness first when the buffer is used up.
    pub fn next_id(&mut self, fill: impl FnOnce(&mut [u8])) -> EntityId {
        if self.left < 8 {
            fill(&mut self.random);
            self.left = Self::BYTES;
        }
        let unused = self.random.get(..self.left).unwrap_or_default();
        let id = unused.last_chunk().copied().unwrap_or_default();
        self.left -= 8;
        EntityId(id)
    }
}

impl Default for IdBuffer {
    fn default() -> Self {
        Self {
            random: [0; Self::BYTES],
            left: 0,
        }
    }
}

impl fmt::Debug for IdBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes are ids to come: no log should hold them.
        f.debug_struct("IdBuffer")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// Exactly `2 * N` digits, each checked by hand: `from_str_radix` would take a sign for a digit.
fn decode_hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

fn encode_hex(bytes: &[u8], text: &mut [u8]) {
    let character = |nibble: u8| match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' + nibble - 10,
    };
    for (byte, pair) in bytes.iter().zip(text.chunks_exact_mut(2)) {
        if let [high, low] = pair {
            *high = character(byte >> 4);
            *low = character(byte & 15);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_print_back(bytes: [u8; 16]) {
            let id = TraceId::from_bytes(bytes);
            prop_assert_eq!(TraceId::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(TraceId::parse(&id.w3c()), Ok(id));
            let entity = EntityId::from_bytes(*bytes.first_chunk().unwrap());
            prop_assert_eq!(EntityId::parse(&entity.to_string()), Ok(entity));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = TraceId::parse(&text);
            let _ = EntityId::parse(&text);
        }
    }

    #[test]
    fn what_is_not_quite_an_id_is_refused() {
        for text in [
            "",
            "1-5759e988-bd862e3fe1be46a99427279",
            "2-5759e988-bd862e3fe1be46a994272793",
            "1-5759e988_bd862e3fe1be46a994272793",
            "1-5759e98-8bd862e3fe1be46a994272793",
            "1-+759e988-bd862e3fe1be46a994272793",
            "1-5759e988-bd862e3fe1be46a99427279g",
            "5759e988bd862e3fe1be46a99427279",
            "1-0000000000000000000000000-1234567",
        ] {
            assert_eq!(TraceId::parse(text), Err(IdError::Trace), "{text}");
        }
        for text in [
            "",
            "53995c3f42cd8ad",
            "53995c3f42cd8ad81",
            "+3995c3f42cd8ad8",
        ] {
            assert_eq!(EntityId::parse(text), Err(IdError::Entity), "{text}");
        }
    }

    #[test]
    fn a_trace_id_keeps_its_time_and_its_leading_zeros() {
        let id = TraceId::new(0x0000_00ab, [0; 12]);
        assert_eq!(id.to_string(), "1-000000ab-000000000000000000000000");
        assert_eq!(id.epoch_seconds(), 0xab);
    }

    #[test]
    fn a_buffer_gives_each_of_its_bytes_once_and_then_asks_for_more() {
        let mut ids = IdBuffer::default();
        let mut fills = 0_u8;
        let seen: HashSet<_> = (0..64)
            .map(|_| {
                ids.next_id(|bytes| {
                    for (byte, value) in bytes.iter_mut().zip(0_u8..=255) {
                        *byte = value.wrapping_add(fills);
                    }
                    fills += 1;
                })
            })
            .collect();
        assert_eq!(seen.len(), 64);
        assert_eq!(fills, 2);
    }
}
