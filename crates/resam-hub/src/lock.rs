//! A lock for one writer at a time: other processes that want the same model wait for it.

use std::fs::TryLockError;
use std::path::Path;
use std::time::Duration;

use resam_files::disk;

use crate::part::own_file;

/// The pause between two tries to take a lock.
const POLL: Duration = Duration::from_millis(100);

/// The lock of a model, held while its partial file is written. It is released on drop, and also
/// when the process is killed. The empty lock file stays, because removing it could give the lock
/// to two processes at once.
pub(crate) struct Lock {
    _file: disk::File,
}

impl Lock {
    /// Takes the lock, calling `waits` ten times a second while another one holds it. None when it
    /// does not wait any longer.
    ///
    /// A file system without locks is not an error: the SHA-256 would detect two writers.
    pub(crate) fn take(
        path: &Path,
        mut waits: impl FnMut() -> bool,
    ) -> std::io::Result<Option<Self>> {
        let file = disk::File::open(path, &own_file())?;
        while let Err(TryLockError::WouldBlock) = file.file().try_lock() {
            if !waits() {
                return Ok(None);
            }
            std::thread::sleep(POLL);
        }
        Ok(Some(Self { _file: file }))
    }
}
