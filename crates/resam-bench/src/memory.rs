//! The most memory that this process has held at a time, as Linux counts it.

/// Begins the count again from what is held now. Answers `false` where that cannot be done; the
/// peak is then unknown, or that of the whole process.
pub fn reset_peak() -> bool {
    // 5 is the value that proc(5) gives for the peak of the resident set.
    cfg!(target_os = "linux") && std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The largest resident set so far, in bytes; `None` where the system does not tell.
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
