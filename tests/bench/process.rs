//! What the kernel says of a process: memory, processor time, sockets.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Ticks of processor time a second; 100 on every Linux that Lambda and we run.
const TICKS: u64 = 100;

/// The processes that run this program.
pub(crate) fn running(program: &Path) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program)
        })
        .collect()
}

/// Resident memory now, in megabytes; `VmHWM` gives the most there was.
pub(crate) fn megabytes(pid: u32, field: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .unwrap();
    let kilobytes: f64 = line
        .trim_start_matches(':')
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kilobytes / 1024.0
}

/// Processor time so far, of the process and in the kernel for it.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name of the program is in parentheses and may hold spaces.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// Whether a UDP socket is bound to this port of the loopback address.
pub(crate) fn udp_bound(port: u16) -> bool {
    udp_row(port).is_some()
}

/// Datagrams that came for this port of the loopback address and that the kernel had no room for.
pub(crate) fn udp_dropped(port: u16) -> u64 {
    let row = udp_row(port).unwrap_or_default();
    row.split_whitespace()
        .last()
        .map_or(0, |drops| drops.parse().unwrap())
}

fn udp_row(port: u16) -> Option<String> {
    let entry = format!(" 0100007F:{port:04X} ");
    let table = fs::read_to_string("/proc/net/udp").unwrap();
    table
        .lines()
        .find(|row| row.contains(&entry))
        .map(str::to_owned)
}
