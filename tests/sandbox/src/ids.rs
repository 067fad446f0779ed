//! Identifiers: request ids, extension identifiers, and the ids of traces and segments.

use std::fmt::Write as _;

use crate::clock;

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

/// A random UUID (version 4), the form of request ids and extension identifiers.
pub(crate) fn uuid() -> Result<String, NoRandomness> {
    let mut bytes = random::<16>()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    Ok(groups
        .map(|group| digits.get(group).unwrap_or_default())
        .join("-"))
}

/// A trace id of this moment: `1-<8 hex: epoch seconds>-<24 hex: random>`.
pub(crate) fn trace_id() -> Result<String, NoRandomness> {
    Ok(format!(
        "1-{:08x}-{}",
        clock::epoch_seconds(),
        hex(&random::<12>()?)
    ))
}

/// The id of a segment or subsegment: 16 hex digits.
pub(crate) fn segment_id() -> Result<String, NoRandomness> {
    Ok(hex(&random::<8>()?))
}

fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_tells_its_version() {
        let id = uuid().unwrap();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
    }

    #[test]
    fn a_trace_id_has_35_characters_and_no_two_are_equal() {
        let (one, other) = (trace_id().unwrap(), trace_id().unwrap());
        assert_eq!(one.len(), 35);
        assert_ne!(one, other);
    }
}
