//! Signals that end a process where an error would do.

/// Lets a write beyond the limit on the size of files (`ulimit -f`) fail with an error, "file too
/// large", and not end the process (`SIGXFSZ`). Call it once, at the start of a program. Returns
/// whether the system accepted; on a system without the signal it does nothing and returns `false`.
pub fn ignore_file_size_limit() -> bool {
    #[cfg(unix)]
    {
        // SAFETY: `SIG_IGN` is no function that could be called at a wrong time, and nothing else
        // in this program handles the signal.
        #[expect(unsafe_code, reason = "signals have no safe interface")]
        unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN) != libc::SIG_ERR
        }
    }
    #[cfg(not(unix))]
    {
        false
    }
}
