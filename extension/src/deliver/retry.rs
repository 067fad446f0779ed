//! What went wrong with a call, in words that say what to change, and what to do about it.

use std::time::{Duration, Instant};

use thiserror::Error;

/// Why a call brought nothing to X-Ray.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Failure {
    /// No region is known.
    #[error("no region: set AWS_REGION; until then documents are kept and not sent")]
    NoRegion,
    /// No credentials are known, or they could not be fetched.
    #[error(
        "no credentials ({0}): set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or AWS_CONTAINER_CREDENTIALS_FULL_URI; \
         until then documents are kept and not sent"
    )]
    NoCredentials(String),
    /// X-Ray does not let this role.
    #[error(
        "X-Ray refuses the call ({0}): the function's role needs the permission xray:PutTraceSegments (managed policy AWSXRayDaemonWriteAccess)"
    )]
    Denied(String),
    /// X-Ray does not believe the signature.
    #[error(
        "X-Ray does not accept the credentials ({0}): check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and the clock"
    )]
    BadCredentials(String),
    /// Too many calls.
    #[error("X-Ray asks for fewer calls ({0}); documents are sent again")]
    Throttled(String),
    /// A fault on the other side.
    #[error("X-Ray has a fault ({0}); documents are sent again")]
    Server(String),
    /// No answer in time.
    #[error("X-Ray at {0} did not answer within 5 s; documents are sent again")]
    Timeout(String),
    /// No answer by the end of the environment.
    #[error("X-Ray did not answer before the end; documents are sent again")]
    GivenUp,
    /// No connection, or it broke.
    #[error(
        "X-Ray at {endpoint} cannot be reached ({reason}): check AWS_ENDPOINT_URL_XRAY, AWS_ENDPOINT_URL and AWS_REGION, and in a VPC the way out; \
         documents are sent again"
    )]
    Unreachable {
        /// Where it was looked for.
        endpoint: String,
        /// What happened.
        reason: String,
    },
    /// Something else than X-Ray answers.
    #[error(
        "what answers is no X-Ray ({0}): check AWS_ENDPOINT_URL_XRAY and AWS_ENDPOINT_URL; until then documents are kept and not sent"
    )]
    NotXRay(String),
    /// The call as a whole was refused for what is in it.
    #[error(
        "X-Ray does not take a call ({0}); the documents in it are sent apart, and the one that is to blame is dropped"
    )]
    Invalid(String),
}

/// What becomes of the documents of a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Again after a pause.
    Later,
    /// Kept; nothing will be better before the next flush.
    NextFlush,
    /// Again, in smaller calls.
    Apart,
    /// Gone.
    Drop,
}

impl Failure {
    /// Of an answer that is not 200: by its status, and by the error's name, which says more.
    pub fn of_answer(status: u16, code: &str, message: &str) -> Self {
        let text = match (code, message) {
            ("", "") => format!("status {status}"),
            ("", message) => format!("status {status}: {message}"),
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        };
        match (status, code) {
            (
                _,
                "UnrecognizedClientException"
                | "ExpiredTokenException"
                | "ExpiredToken"
                | "InvalidSignatureException"
                | "SignatureDoesNotMatch"
                | "IncompleteSignature"
                | "InvalidClientTokenId"
                | "MissingAuthenticationToken"
                | "MissingAuthenticationTokenException"
                | "RequestExpired",
            ) => Self::BadCredentials(text),
            (429, _) => Self::Throttled(text),
            (_, code)
                if code.contains("Throttl")
                    || code == "RequestLimitExceeded"
                    || code == "TooManyRequestsException" =>
            {
                Self::Throttled(text)
            }
            (_, "UnknownOperationException") => Self::NotXRay(text),
            (401 | 403, _) => Self::Denied(text),
            (408 | 500.., _) => Self::Server(text),
            (400 | 413, _) => Self::Invalid(text),
            _ => Self::NotXRay(text),
        }
    }

    /// Its kind in one word; each is said once.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoRegion => "no region",
            Self::NoCredentials(_) => "no credentials",
            Self::Denied(_) => "denied",
            Self::BadCredentials(_) => "bad credentials",
            Self::Throttled(_) => "throttled",
            Self::Server(_) => "server",
            Self::Timeout(_) => "timeout",
            Self::GivenUp => "given up",
            Self::Unreachable { reason, .. } if reason.contains("refused") => "refused",
            Self::Unreachable { reason, .. } if reason.contains("lookup address") => "unknown host",
            Self::Unreachable { .. } => "unreachable",
            Self::NotXRay(_) => "no X-Ray",
            Self::Invalid(_) => "invalid",
        }
    }

    /// What to do with the documents of a call of this many.
    pub fn verdict(&self, documents: usize) -> Verdict {
        match self {
            Self::NoRegion
            | Self::NoCredentials(_)
            | Self::Denied(_)
            | Self::BadCredentials(_)
            | Self::NotXRay(_) => Verdict::NextFlush,
            Self::Throttled(_)
            | Self::Server(_)
            | Self::Timeout(_)
            | Self::GivenUp
            | Self::Unreachable { .. } => Verdict::Later,
            Self::Invalid(_) if documents > 1 => Verdict::Apart,
            Self::Invalid(_) => Verdict::Drop,
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The pause between attempts: doubled with each failure, with jitter, over when something succeeds.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
    until: Option<Instant>,
}

impl Backoff {
    /// Until when nothing should be sent.
    pub fn until(&self) -> Option<Instant> {
        self.until
    }

    /// The pause is over; the next one is as long as if it had been kept.
    pub fn try_now(&mut self) {
        self.until = None;
    }

    /// The pause may be over.
    pub fn tick(&mut self, now: Instant) {
        self.until = self.until.filter(|until| now < *until);
    }

    /// Whether one call is enough to find out whether X-Ray answers again.
    pub fn is_probing(&self) -> bool {
        self.failures > 1
    }

    /// Something succeeded.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Something failed; `random` is between 0 and 1.
    pub fn failed(&mut self, now: Instant, random: f64) {
        // Calls in flight together fail together: that is one failure.
        if self.until.is_some_and(|until| now < until) {
            return;
        }
        let pause = FIRST_PAUSE
            .saturating_mul(2_u32.saturating_pow(self.failures))
            .min(LONGEST_PAUSE);
        self.failures += 1;
        self.until = Some(now + pause.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        use Verdict::*;
        for (status, code, kind, verdict) in [
            (403, "AccessDeniedException", "denied", NextFlush),
            (403, "", "denied", NextFlush),
            (
                403,
                "InvalidSignatureException",
                "bad credentials",
                NextFlush,
            ),
            (
                400,
                "UnrecognizedClientException",
                "bad credentials",
                NextFlush,
            ),
            (400, "ExpiredTokenException", "bad credentials", NextFlush),
            (429, "ThrottledException", "throttled", Later),
            (400, "ThrottlingException", "throttled", Later),
            (429, "", "throttled", Later),
            (500, "InternalFailure", "server", Later),
            (503, "", "server", Later),
            (408, "RequestTimeout", "server", Later),
            (400, "InvalidRequestException", "invalid", Apart),
            (413, "", "invalid", Apart),
            (404, "", "no X-Ray", NextFlush),
            (301, "", "no X-Ray", NextFlush),
            (404, "UnknownOperationException", "no X-Ray", NextFlush),
        ] {
            let failure = Failure::of_answer(status, code, "why");
            assert_eq!(
                (failure.kind(), failure.verdict(2)),
                (kind, verdict),
                "{status} {code}"
            );
            assert!(failure.to_string().contains("why"));
        }
    }

    #[test]
    fn the_one_document_that_is_to_blame_is_dropped() {
        assert_eq!(Failure::of_answer(400, "", "").verdict(1), Verdict::Drop);
        assert_eq!(Failure::of_answer(500, "", "").verdict(1), Verdict::Later);
    }

    #[test]
    fn pauses_grow_to_a_bound_and_end_with_success() {
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            backoff.failed(now, 1.0);
            backoff.failed(now, 1.0);
            let until = backoff.until().unwrap();
            pauses.push((until - now).as_millis());
            now = until;
        }
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 2000, 2000]);
        backoff.succeeded();
        assert_eq!(backoff.until(), None);
        backoff.failed(now, 0.0);
        assert_eq!(backoff.until(), Some(now + Duration::from_millis(25)));
    }
}
