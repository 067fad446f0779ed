//! What the kernel says of an extension under test.

use std::fs;

/// Resident memory of the extension that listens at `address`, in megabytes.
pub fn resident_megabytes(address: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", extension_at(address))).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes / 1024.0
}

/// Its process: the one of this name that was told this address.
fn extension_at(address: &str) -> u32 {
    let told = format!("XRAY_EXTENSION_ADDRESS={address}");
    let is_it = |pid: u32| {
        let of = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        // The kernel keeps the first 15 bytes of a name.
        of("comm").starts_with(b"xray-extension")
            && of("environ")
                .split(|byte| *byte == 0)
                .any(|variable| variable == told.as_bytes())
    };
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .find(|pid| is_it(*pid))
        .unwrap_or_else(|| panic!("no extension listens at {address}"))
}
