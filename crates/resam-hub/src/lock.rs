//! A lock for one writer at a time: other processes that want the same model wait for it.

use std::fs::TryLockError;
use std::path::Path;
use std::time::Duration;

use fs_err::{File, OpenOptions};

/// The pause between two tries to take a lock.
const POLL: Duration = Duration::from_millis(100);

/// The lock of a model, held while its partial file is written. It is released on drop, and also
/// when the process is killed. The empty lock file stays, because removing it could give the lock
/// to two processes at once.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, calling `waiting` ten times a second while another one holds it.
    ///
    /// A file system without locks is not an error: the SHA-256 would detect two writers.
    pub(crate) fn take(path: &Path, mut waiting: impl FnMut()) -> std::io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            waiting();
            std::thread::sleep(POLL);
        }
        Ok(Self { _file: file })
    }
}
