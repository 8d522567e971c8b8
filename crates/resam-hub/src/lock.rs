//! One writer at a time: whoever else wants the same model waits and finds it there.

use std::fs::TryLockError;
use std::path::Path;
use std::time::Duration;

use fs_err::{File, OpenOptions};

/// How long to wait between two looks at a lock that another one holds.
const POLL: Duration = Duration::from_millis(100);

/// Held while the model's partial file is written. The lock goes with it, also when the process is
/// killed; the file of the lock stays, empty, because removing it would let two others in at once.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, calling `waiting` ten times a second while another one holds it.
    ///
    /// A file system that knows no locks gives none, and that is no error: two writers in one file
    /// would be found out by the sum.
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
