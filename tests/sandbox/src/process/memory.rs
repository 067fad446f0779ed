//! How much memory a process has, from `/proc`.

use std::fs;

use rustix::param::page_size;
use rustix::process::Pid;

/// Resident memory now, in bytes; 0 when the process has ended.
pub(super) fn resident_bytes(pid: Pid) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{}/statm", pid.as_raw_pid())).unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * u64::try_from(page_size()).unwrap_or(0)
}

/// The most resident memory the process ever had, in bytes; 0 when it has ended.
pub(super) fn peak_bytes(pid: Pid) -> u64 {
    let status =
        fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid())).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
