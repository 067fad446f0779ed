//! Which operations only read: what a look at an account may ask, and nothing that changes it.

/// The paths of X-Ray's API behind which nothing is changed. A retrieval is begun by its reader and forgotten by X-Ray.
const READING: [&str; 22] = [
    "/CancelTraceRetrieval",
    "/EncryptionConfig",
    "/GetGroup",
    "/GetIndexingRules",
    "/GetRetrievedTracesGraph",
    "/GetSamplingRules",
    "/GetTraceSegmentDestination",
    "/Groups",
    "/Insight",
    "/InsightEvents",
    "/InsightImpactGraph",
    "/InsightSummaries",
    "/ListResourcePolicies",
    "/ListRetrievedTraces",
    "/ListTagsForResource",
    "/SamplingStatisticSummaries",
    "/ServiceGraph",
    "/StartTraceRetrieval",
    "/TimeSeriesServiceStatistics",
    "/TraceGraph",
    "/TraceSummaries",
    "/Traces",
];

/// The path of an operation that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading(&'static str);

impl Reading {
    /// The operation at a path, when it only reads.
    pub fn at(path: &str) -> Option<Self> {
        READING.into_iter().find(|known| *known == path).map(Self)
    }

    /// The path.
    pub const fn path(self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_writes_is_passed_on() {
        for path in [
            "/TraceSegments",
            "/TelemetryRecords",
            "/SamplingTargets",
            "/CreateGroup",
            "/UpdateSamplingRule",
            "/DeleteResourcePolicy",
            "/PutEncryptionConfig",
            "/TagResource",
            "/Traces/",
            "/../Traces",
            "",
        ] {
            assert_eq!(Reading::at(path), None, "{path}");
        }
        assert_eq!(Reading::at("/Traces").map(Reading::path), Some("/Traces"));
    }
}
