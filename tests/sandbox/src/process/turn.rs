//! How long a process has waited for its turn on a processor, from `/proc`.
//!
//! Lambda's limits hold for an environment that has its processors to itself. Tests share theirs with each other: what a process
//! would have done had it been its turn is not held against it.

use std::fs;
use std::time::Duration;

use rustix::process::Pid;

/// How long its first thread was ready to run, and did not, since it began; none when it has ended, or the kernel does not count.
pub(super) fn waited(pid: Pid) -> Option<Duration> {
    let path = format!("/proc/{}/schedstat", pid.as_raw_pid());
    let counts = fs::read_to_string(path).ok()?;
    parse(&counts)
}

/// Nanoseconds on a processor, nanoseconds ready for one, turns.
fn parse(counts: &str) -> Option<Duration> {
    let waited = counts.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(waited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_count_is_the_one() {
        assert_eq!(
            parse("504142 99979 2\n"),
            Some(Duration::from_nanos(99_979))
        );
        assert_eq!(parse(""), None);
        assert_eq!(parse("1 x 2"), None);
    }
}
