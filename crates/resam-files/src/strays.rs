//! What runs that were killed left behind.

use std::io::{ErrorKind, Result};
use std::path::Path;

use crate::disk;
use crate::unfinished::is_unfinished;

/// Removes the unfinished files and folders that lie in a folder, not in those below it. Call it
/// where nobody else writes at the time: under a lock.
///
/// # Errors
/// When the operating system refuses. A missing folder is none.
pub fn remove_strays(folder: &Path) -> Result<()> {
    let entries = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if !is_unfinished(&entry.file_name().to_string_lossy()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            disk::remove_dir_all(entry.path())?;
        } else {
            disk::remove_file(entry.path())?;
        }
    }
    Ok(())
}
