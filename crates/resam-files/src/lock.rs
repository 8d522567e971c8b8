//! One run at a time in a folder.

use std::fs::{OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::disk;

/// The file that is locked.
const NAME: &str = ".resam.lock";
/// The longest text of who holds a lock.
const LONGEST: u64 = 200;

/// Why a folder could not be locked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another run holds the lock.
    #[error(
        "{}: another run is writing to this folder: {by}\n\nhint: wait for it to end, or name another \
         folder",
        path.display()
    )]
    Held {
        /// The folder.
        path: PathBuf,
        /// The process that holds it.
        by: String,
    },
    /// The operating system refused.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

/// A folder that nobody else writes to as long as this value lives.
///
/// The lock is the operating system's: that of a process that died is free. Where a file system
/// has no locks there is none.
#[derive(Debug)]
pub struct FolderLock {
    file: disk::File,
}

impl FolderLock {
    /// Locks a folder that exists.
    ///
    /// # Errors
    /// [`LockError::Held`] with the process that holds the lock; [`LockError::File`] when the
    /// folder cannot be written to.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(NAME);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        loop {
            let mut file = disk::File::open(&path, &options)?;
            if let Err(TryLockError::WouldBlock) = file.file().try_lock() {
                let mut by = String::new();
                (&mut file).take(LONGEST).read_to_string(&mut by).ok();
                let by = match by.trim() {
                    "" => "it does not say which process it is".to_owned(),
                    by => by.to_owned(),
                };
                let path = folder.to_owned();
                return Err(LockError::Held { path, by });
            }
            // The one who held it may have removed the file between opening and locking.
            if !is_at(&file, &path) {
                continue;
            }
            file.set_len(0)?;
            file.write_all(format!("process {}\n", std::process::id()).as_bytes())?;
            return Ok(Self { file });
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // While it is locked, nobody else can have made it theirs.
        disk::remove_file(self.file.path()).ok();
    }
}

/// Whether the open file is the one of that name.
#[cfg(unix)]
fn is_at(file: &disk::File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.file().metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// An open file keeps its name here until it is closed.
#[cfg(not(unix))]
fn is_at(_: &disk::File, _: &Path) -> bool {
    true
}
