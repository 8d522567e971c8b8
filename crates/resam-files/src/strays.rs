//! What runs that were killed left behind.

use std::io::{ErrorKind, Result};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::disk;
use crate::unfinished::is_unfinished;

/// Where it cannot be told whether somebody still writes a file, it is left for so long.
const LEFT_ALONE: Duration = Duration::from_secs(24 * 3600);

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

/// Removes the unfinished files in a folder whose process is gone; others may write there at the
/// same time. Folders are left.
///
/// # Errors
/// When the operating system refuses. A missing folder is none.
pub fn remove_abandoned(folder: &Path) -> Result<()> {
    let entries = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if !is_unfinished(&entry.file_name().to_string_lossy()) || !entry.file_type()?.is_file() {
            continue;
        }
        let path = entry.path();
        // Its writer may be done with it at any moment.
        let Ok(file) = std::fs::File::open(&path) else {
            continue;
        };
        let is_abandoned = if cfg!(unix) {
            file.try_lock().is_ok()
        } else {
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            let age = modified.map(|time| SystemTime::now().duration_since(time));
            matches!(age, Ok(Ok(age)) if age > LEFT_ALONE)
        };
        if is_abandoned {
            match disk::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unfinished::Unfinished;

    #[cfg(unix)]
    #[test]
    fn what_nobody_writes_any_more_goes_and_the_rest_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let live = Unfinished::beside(&folder.path().join("live.json")).expect("a file");
        let abandoned = folder.path().join(".resam-1234.part");
        let other = folder.path().join("other.part");
        fs_err::write(&abandoned, "half").expect("written");
        fs_err::write(&other, "of somebody else").expect("written");
        remove_abandoned(folder.path()).expect("removed");
        assert!(live.path().exists() && other.exists() && !abandoned.exists());
        live.finish().expect("whole");
        assert!(folder.path().join("live.json").exists());
        remove_abandoned(&folder.path().join("nowhere")).expect("nothing to do");
    }
}
