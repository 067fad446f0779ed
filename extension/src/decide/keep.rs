//! Which traces are worth keeping, as `XRAY_EXTENSION_KEEP` has it.

use std::time::Duration;

use xray_segment::TraceId;

use super::facts::Facts;

/// What a trace must have for being kept: one of these is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Keep {
    faults: bool,
    errors: bool,
    slower: Option<Duration>,
    /// Of all others, from 0 to 1.
    share: f64,
}

impl Keep {
    /// Reads `faults,errors,slower:500ms,share:10%`, in any order; what is not there keeps nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let mut keep = Self::default();
        for part in text.split(',').map(str::trim) {
            match part.split_once(':') {
                None if part == "faults" => keep.faults = true,
                None if part == "errors" => keep.errors = true,
                Some(("slower", text)) => keep.slower = Some(duration(text)?),
                Some(("share", text)) => keep.share = percent(text)?,
                _ => return None,
            }
        }
        Some(keep)
    }

    /// Whether a trace with these facts is kept.
    pub(super) fn keeps(&self, trace_id: TraceId, facts: &Facts) -> bool {
        self.faults && facts.fault
            || self.errors && facts.error
            || self.slower.is_some_and(|bound| facts.took() > bound)
            || share_of(trace_id) < self.share
    }
}

/// A number from 0 to below 1 that comes from the trace's id alone: all that see parts of a trace agree on its fate.
fn share_of(trace_id: TraceId) -> f64 {
    let text = trace_id.to_string();
    // The random end of the id, mixed, because not everyone's is random in every digit.
    let mixed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32;
    f64::from(u32::try_from(mixed).unwrap_or(u32::MAX)) / 2_f64.powi(32)
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s')?, 1.0),
    };
    let number: f64 = number.trim().parse().ok()?;
    Duration::try_from_secs_f64(number * unit).ok()
}

fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number / 100.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rules_are_read() {
        let keep = Keep::parse(" faults, errors ,slower:1.5s,share:10%").unwrap();
        let expected = Keep {
            faults: true,
            errors: true,
            slower: Some(Duration::from_millis(1500)),
            share: 0.1,
        };
        assert_eq!(keep, expected);
        for text in [
            "",
            "fault",
            "faults,",
            "slower",
            "slower:5",
            "slower:-1s",
            "share:101%",
            "share:10",
            "share:nan%",
            "slower:infs",
        ] {
            assert_eq!(Keep::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_share_is_about_a_share() {
        let keep = Keep::parse("share:10%").unwrap();
        let kept = (0..10_000_u32)
            .filter(|number| {
                let mut random = [0; 12];
                random[8..].copy_from_slice(&number.to_be_bytes());
                keep.keeps(TraceId::new(1_700_000_000, random), &Facts::default())
            })
            .count();
        assert!((850..1150).contains(&kept), "{kept}");
    }

    proptest! {
        #[test]
        fn all_or_nothing_is_exact(random: [u8; 12]) {
            let id = TraceId::new(1_700_000_000, random);
            prop_assert!(Keep::parse("share:100%").unwrap().keeps(id, &Facts::default()));
            prop_assert!(!Keep::parse("share:0%").unwrap().keeps(id, &Facts::default()));
        }
    }
}
