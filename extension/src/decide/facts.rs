//! What a decision looks at: whether something failed, and how long it took.

use std::time::Duration;

use serde::Deserialize;

/// Of a document, or of all of a trace's together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) fault: bool,
    /// A throttle is one too.
    pub(super) error: bool,
    /// From the earliest start to the latest end, in seconds since 1970.
    span: Option<(f64, f64)>,
}

/// The fields that matter, of a segment or subsegment and of those within.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    fault: bool,
    #[serde(default)]
    error: bool,
    #[serde(default)]
    throttle: bool,
    #[serde(default)]
    start_time: Option<f64>,
    #[serde(default)]
    end_time: Option<f64>,
    #[serde(default)]
    subsegments: Vec<Fields>,
}

impl Facts {
    /// Of a document; none when its fields are not what they should be.
    pub(super) fn of(document: &str) -> Option<Self> {
        let fields: Fields = serde_json::from_str(document).ok()?;
        let mut facts = Self::default();
        facts.add_fields(&fields);
        Some(facts)
    }

    fn add_fields(&mut self, fields: &Fields) {
        let span = fields.start_time.zip(fields.end_time.or(fields.start_time));
        self.add(&Self {
            fault: fields.fault,
            error: fields.error || fields.throttle,
            span,
        });
        for subsegment in &fields.subsegments {
            self.add_fields(subsegment);
        }
    }

    /// Together with another's.
    pub(super) fn add(&mut self, other: &Self) {
        self.fault |= other.fault;
        self.error |= other.error;
        self.span = match (self.span, other.span) {
            (Some((start, end)), Some((other_start, other_end))) => {
                Some((start.min(other_start), end.max(other_end)))
            }
            (span, other) => span.or(other),
        };
    }

    /// From the earliest start to the latest end.
    pub(super) fn took(&self) -> Duration {
        let seconds = self.span.map_or(0.0, |(start, end)| end - start);
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_within_counts() {
        let facts = Facts::of(
            r#"{"start_time":10,"end_time":11.5,"subsegments":[{"start_time":10.5,"in_progress":true,"subsegments":[{"throttle":true,"start_time":9,"end_time":12}]}]}"#,
        )
        .unwrap();
        assert!(facts.error && !facts.fault);
        assert_eq!(facts.took(), Duration::from_secs(3));
    }

    #[test]
    fn documents_add_up() {
        let mut facts = Facts::of(r#"{"start_time":10,"end_time":11}"#).unwrap();
        facts.add(&Facts::of(r#"{"fault":true}"#).unwrap());
        facts.add(&Facts::of(r#"{"start_time":12,"end_time":11}"#).unwrap());
        assert!(facts.fault);
        assert_eq!(facts.took(), Duration::from_secs(1));
    }

    #[test]
    fn what_is_strange_is_no_fact() {
        for document in ["", "1", r#"{"fault":1}"#, r#"{"fault":true,"fault":true}"#] {
            assert_eq!(Facts::of(document), None, "{document}");
        }
    }
}
