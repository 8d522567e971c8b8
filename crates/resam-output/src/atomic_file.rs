//! Files that appear whole or not at all.
//!
//! Errors of the operating system are told with the path that the user gave, so `std::fs` is used.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::OutputError;

/// Finds out before long work whether a file could be written; creates nothing that stays.
///
/// # Errors
/// If the path ends in no file name, if something other than a file has that name, or if its
/// folder does not exist or cannot be written to.
pub fn check_writable(path: &Path) -> Result<(), OutputError> {
    temporary_beside(&destination(path)?)
        .map(drop)
        .map_err(|source| refused(path, source))
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
) -> Result<(), OutputError> {
    let destination = destination(path)?;
    let attempt = || {
        let mut temporary = temporary_beside(&destination)?;
        let mut buffered = BufWriter::with_capacity(1 << 16, &mut temporary);
        write(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        temporary.as_file().sync_all()?;
        temporary
            .persist(&destination)
            .map_err(|error| error.error)?;
        sync_folder(&destination);
        Ok(())
    };
    attempt().map_err(|source| refused(path, source))
}

/// The file that a path leads to, once nothing but a file can be replaced there.
fn destination(path: &Path) -> Result<PathBuf, OutputError> {
    let path_owned = || path.to_owned();
    let not_a_file = |kind| OutputError::NotAFile {
        path: path_owned(),
        kind,
    };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(not_a_file("a folder")),
        // Renaming over a device, such as /dev/null, would destroy it.
        Ok(metadata) if !metadata.is_file() => return Err(not_a_file("a pipe or a device")),
        Ok(_) => return std::fs::canonicalize(path).map_err(|source| refused(path, source)),
        Err(_) => {}
    }
    if path.file_name().is_none() {
        return Err(OutputError::NoFileName { path: path_owned() });
    }
    if path.to_string_lossy().ends_with(std::path::is_separator) {
        return Err(not_a_file("the name of a folder"));
    }
    let folder = folder_of(path);
    match std::fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(path_owned()),
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(refused(path, error))
        }
        _ => Err(OutputError::NoFolder {
            path: path_owned(),
            folder: folder.to_owned(),
        }),
    }
}

/// A file in the folder of another one, which goes away when it is dropped.
fn temporary_beside(destination: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".resam-").suffix(".part");
    // Temporary files are private by default; this one becomes the user's file. The umask applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(folder_of(destination))
        // The temporary name in the message would only puzzle.
        .map_err(|error| error.kind().into())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Makes the new name last through a power cut. Not every system lets a folder be opened, and the
/// file itself is complete, so a failure is no error.
fn sync_folder(destination: &Path) {
    if let Ok(folder) = std::fs::File::open(folder_of(destination)) {
        folder.sync_all().ok();
    }
}

fn refused(path: &Path, source: std::io::Error) -> OutputError {
    OutputError::Write {
        path: path.to_owned(),
        source,
    }
}
