//! Files that are read: regular ones, of a bounded size.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Checks that a path is a regular file, which can be read more than once and has an end. Nothing
/// is opened, so that a pipe without a writer does not block.
///
/// # Errors
/// If there is no such file, or something other than a file has the name. The message names it.
pub fn check_regular(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let metadata = std::fs::metadata(path).map_err(|error| named(path, &error))?;
    if metadata.is_file() {
        return Ok(());
    }
    let kind = if metadata.is_dir() {
        "a folder"
    } else {
        "a pipe or a device"
    };
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!(
            "{}: not a file but {kind}; inputs are read more than once, so save it as a file first",
            path.display()
        ),
    ))
}

/// Opens a regular file.
///
/// # Errors
/// As [`check_regular`], and if the operating system refuses. The message names the file.
pub fn open_regular(path: impl AsRef<Path>) -> Result<File> {
    let path = path.as_ref();
    check_regular(path)?;
    File::open(path).map_err(|error| named(path, &error))
}

/// Reads a regular file of at most `most` bytes.
///
/// # Errors
/// As [`open_regular`], and if the file is larger; then nothing of it is kept in memory.
pub fn read_bounded(path: impl AsRef<Path>, most: u64) -> Result<Vec<u8>> {
    let path = path.as_ref();
    let file = open_regular(path)?;
    let size = file.metadata().map_err(|error| named(path, &error))?.len();
    if size > most {
        return Err(too_large(path, size, most));
    }
    let mut bytes = Vec::new();
    // A file may grow while it is read.
    let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| named(path, &error))?;
    if bytes.len() as u64 > most {
        return Err(too_large(path, bytes.len() as u64, most));
    }
    Ok(bytes)
}

fn too_large(path: &Path, size: u64, most: u64) -> Error {
    const MEBI: u64 = 1 << 20;
    Error::new(
        ErrorKind::InvalidData,
        format!(
            "{}: {} MiB, and at most {} MiB of such a file are read; split it",
            path.display(),
            size.div_ceil(MEBI),
            most / MEBI
        ),
    )
}

/// The error of the operating system with the file's name.
fn named(path: &Path, error: &Error) -> Error {
    Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_regular_file_is_refused_with_its_name_and_without_waiting() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = |path: &Path| open_regular(path).expect_err("no file").to_string();
        assert!(refused(folder.path()).contains("not a file but a folder"));
        assert!(refused(Path::new("/dev/null")).contains("/dev/null: not a file but a pipe"));
        assert!(refused(&folder.path().join("none.csv")).contains("none.csv: "));
        #[cfg(unix)]
        {
            let pipe = folder.path().join("pipe");
            let made = std::process::Command::new("mkfifo").arg(&pipe).status();
            assert!(made.expect("mkfifo").success());
            assert!(refused(&pipe).contains("pipe: not a file but a pipe"));
        }
    }

    #[test]
    fn a_file_over_the_bound_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("points.csv");
        std::fs::write(&path, b"x,y\n1,2\n").expect("written");
        assert_eq!(read_bounded(&path, 8).expect("eight bytes"), b"x,y\n1,2\n");
        let refused = read_bounded(&path, 7).expect_err("eight bytes are too many");
        assert_eq!(refused.kind(), ErrorKind::InvalidData);
    }
}
