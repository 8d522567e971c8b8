//! The memory of this process: freed tensors are kept for the next ones, and the peak is counted.
//!
//! glibc returns every large block to the system when it is freed, and the system maps and zeroes
//! new pages for the next one. The intermediate tensors of a network are such blocks: page faults
//! took a quarter of an encoder's time. Measured on TinyViT at 1024 px, 2 cores: 0.75 of the time,
//! 30 MB more at the peak.

/// Blocks of fewer bytes are taken from memory that is kept.
const KEPT_BLOCK: i32 = 1 << 30;

/// The most freed memory that is kept, in bytes; the rest is returned to the system.
const KEPT_TOTAL: i32 = 1 << 30;

/// Tells the allocator to keep up to 1 GiB of freed memory for the next tensors (`mallopt` of
/// glibc). Call it once, at the start of a program. Returns whether the allocator accepted; with
/// another allocator than glibc's it does nothing and returns `false`.
pub fn keep_freed_memory() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: `mallopt` takes two integers and may be called at any time; it changes how later
        // blocks are obtained and nothing about those in use.
        #[expect(unsafe_code, reason = "the allocator has no safe interface")]
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT_BLOCK) == 1
                && libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_TOTAL) == 1
        }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    {
        false
    }
}

/// Returns the memory of freed tensors to the system now (`malloc_trim` of glibc). Returns whether
/// any was returned; with another allocator than glibc's it does nothing and returns `false`.
pub fn give_freed_memory_back() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: `malloc_trim` may be called at any time; it returns free pages and touches none
        // that are in use.
        #[expect(unsafe_code, reason = "the allocator has no safe interface")]
        unsafe {
            libc::malloc_trim(0) == 1
        }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    {
        false
    }
}

/// Begins the count of [`peak`] again from what is held now. Answers `false` where that cannot be
/// done; the peak is then unknown, or that of the whole process.
pub fn reset_peak() -> bool {
    // 5 is the value that proc(5) gives for the peak of the resident set.
    cfg!(target_os = "linux") && std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The largest resident set so far, in bytes, as Linux counts it; `None` where the system does not
/// tell.
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
