//! Files that a function writes, whole or not at all.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

use crate::error::FileError;
use crate::unfinished::{Unfinished, folder_of};

/// Finds out before long work whether a file could be written; creates nothing that stays.
///
/// # Errors
/// If the path ends in no file name, if something other than a file has that name, or if its
/// folder does not exist or cannot be written to.
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    check_destination(path)?;
    Unfinished::beside(path)
        .map(drop)
        .map_err(|source| FileError::write(path, source))
}

/// Writes a file in full under a temporary name in the same folder, then gives it its name.
///
/// On any failure nothing is left behind, and a file that was there before is still there. A
/// symbolic link is followed. Permissions are those of any new file.
///
/// # Errors
/// As [`check_writable`], if `write` fails, or if the operating system refuses.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), FileError> {
    check_destination(path)?;
    let attempt = || {
        let mut file = Unfinished::beside(path)?;
        let mut buffered = BufWriter::with_capacity(1 << 16, &mut file);
        write(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        file.finish()
    };
    attempt().map_err(|source| FileError::write(path, source))
}

/// Whether nothing but a file can be replaced there.
fn check_destination(path: &Path) -> Result<(), FileError> {
    let path_owned = || path.to_owned();
    let not_a_file = |kind| FileError::NotAFile {
        path: path_owned(),
        kind,
    };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(not_a_file("a folder")),
        Ok(metadata) if !metadata.is_file() => return Err(not_a_file("a pipe or a device")),
        Ok(_) => return Ok(()),
        Err(_) => {}
    }
    if path.file_name().is_none() {
        return Err(FileError::NoFileName { path: path_owned() });
    }
    if path.to_string_lossy().ends_with(std::path::is_separator) {
        return Err(not_a_file("the name of a folder"));
    }
    let folder = folder_of(path);
    match std::fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(FileError::write(path, error))
        }
        _ => Err(FileError::NoFolder {
            path: path_owned(),
            folder: folder.to_owned(),
        }),
    }
}
