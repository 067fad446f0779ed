//! How a function died, in words for whoever looks at its trace.

use std::fmt;
use std::time::Duration;

use crate::lambda::Memory;

/// How a function died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Death {
    /// It did not end in time.
    Timeout {
        /// How long it ran.
        after: Option<Duration>,
        /// The memory it took, where the platform told.
        memory: Option<Memory>,
    },
    /// Its process ended.
    Exit {
        /// Lambda's name for how, as `Runtime.ExitError`.
        error_type: Option<String>,
        /// In what way, as `signal: killed`.
        reason: Option<String>,
        /// The memory it took, where the platform told.
        memory: Option<Memory>,
    },
}

impl Death {
    /// Lambda's own name for it.
    pub(super) fn kind(&self) -> &str {
        match self {
            Self::Timeout { .. } => "Sandbox.Timedout",
            Self::Exit { error_type, .. } => error_type.as_deref().unwrap_or("Runtime.ExitError"),
        }
    }

    fn memory(&self) -> Option<Memory> {
        let (Self::Timeout { memory, .. } | Self::Exit { memory, .. }) = self;
        memory.filter(|memory| memory.is_used_up())
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout {
                after: Some(after), ..
            } => write!(f, "function timed out after {:.2} s", after.as_secs_f64())?,
            Self::Timeout { after: None, .. } => f.write_str("function timed out")?,
            Self::Exit {
                error_type,
                reason,
                memory,
            } => f.write_str(&exit(error_type.as_deref(), reason.as_deref(), *memory))?,
        }
        match self.memory() {
            Some(memory) => write!(
                f,
                ", likely out of memory ({} of {} MB were in use)",
                memory.used_mb, memory.size_mb
            ),
            None => Ok(()),
        }
    }
}

fn exit(error_type: Option<&str>, reason: Option<&str>, memory: Option<Memory>) -> String {
    match (error_type, reason, memory) {
        (_, Some(reason), _) => format!("runtime exited: {reason}"),
        (Some("Runtime.OutOfMemory"), ..) => "runtime ran out of memory".to_owned(),
        (Some(kind), ..) if kind.starts_with("Extension.") => {
            "an extension failed, and the runtime was ended with it".to_owned()
        }
        (_, None, None) => {
            "runtime exited before this ended: it crashed, was killed or ran out of memory"
                .to_owned()
        }
        (_, None, Some(_)) => {
            "runtime exited before this ended: it crashed or was killed".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(death: &Death, kind: &str, expected: &str) {
        assert_eq!((death.kind(), death.to_string().as_str()), (kind, expected));
    }

    fn exit(error_type: &str, reason: Option<&str>, used_mb: Option<u64>) -> Death {
        Death::Exit {
            error_type: Some(error_type.to_owned()),
            reason: reason.map(str::to_owned),
            memory: used_mb.map(|used_mb| Memory {
                used_mb,
                size_mb: 128,
            }),
        }
    }

    #[test]
    fn whatever_is_known_is_said() {
        let kind = "Runtime.ExitError";
        check(
            &exit(kind, Some("signal: killed"), Some(128)),
            kind,
            "runtime exited: signal: killed, likely out of memory (128 of 128 MB were in use)",
        );
        check(
            &exit(kind, Some("exit status 1"), Some(50)),
            kind,
            "runtime exited: exit status 1",
        );
        check(
            &exit(kind, None, Some(50)),
            kind,
            "runtime exited before this ended: it crashed or was killed",
        );
        check(
            &exit("Runtime.OutOfMemory", None, None),
            "Runtime.OutOfMemory",
            "runtime ran out of memory",
        );
        check(
            &exit("Extension.Crash", None, None),
            "Extension.Crash",
            "an extension failed, and the runtime was ended with it",
        );
    }

    #[test]
    fn a_timeout_says_after_how_long() {
        let timeout = |after, memory| Death::Timeout { after, memory };
        let kind = "Sandbox.Timedout";
        let after = Some(Duration::from_millis(3004));
        check(
            &timeout(after, None),
            kind,
            "function timed out after 3.00 s",
        );
        check(&timeout(None, None), kind, "function timed out");
        let memory = Memory {
            used_mb: 512,
            size_mb: 512,
        };
        check(
            &timeout(after, Some(memory)),
            kind,
            "function timed out after 3.00 s, likely out of memory (512 of 512 MB were in use)",
        );
    }
}
