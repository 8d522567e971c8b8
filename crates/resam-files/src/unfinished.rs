//! A file under a temporary name until it is whole.
//!
//! Errors are those of the operating system, without a path: who writes tells the one that was
//! asked for.

use std::fs::File;
use std::io::{Error, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::disk::{Operation, before, before_write, is_dead, sync_folder};

/// How the names of unfinished files and folders begin and end.
pub(crate) const AFFIXES: [&str; 2] = [".resam-", ".part"];

/// A file under a temporary name, in the folder of the one that it becomes.
///
/// It goes away when it is dropped, and a file that was there before stays until
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct Unfinished {
    destination: PathBuf,
    file: NamedTempFile,
}

impl Unfinished {
    /// Begins what becomes the file at `path`. A symbolic link is followed. Permissions are those
    /// of any new file.
    ///
    /// # Errors
    /// If something other than a file is there, if the folder does not exist or cannot be written
    /// to.
    pub fn beside(path: &Path) -> Result<Self> {
        let destination = match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => std::fs::canonicalize(path)?,
            // Renaming over a device, such as /dev/null, would destroy it.
            Ok(_) => return Err(Error::other("there is a folder or a device of that name")),
            Err(_) => path.to_owned(),
        };
        before(Operation::Create, &destination)?;
        let [prefix, suffix] = AFFIXES;
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix).suffix(suffix);
        // Temporary files are private by default; this one becomes the user's file. The umask
        // applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        loop {
            let file = builder
                .tempfile_in(folder_of(&destination))
                // The temporary name in the message would only puzzle.
                .map_err(|error| Error::from(error.kind()))?;
            // As long as it is locked, nobody takes it for abandoned.
            #[cfg(unix)]
            file.as_file().lock().ok();
            // Somebody may have, in between.
            if file.path().exists() {
                return Ok(Self { destination, file });
            }
        }
    }

    /// Where it is for now.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The open file.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Gives it its name, in the place of what was there before, to last through a power cut.
    ///
    /// # Errors
    /// If the operating system refuses; nothing is left behind then, and what was there before
    /// stays.
    pub fn finish(self) -> Result<()> {
        before(Operation::Sync, &self.destination)?;
        self.file.as_file().sync_all()?;
        let destination = self.destination.clone();
        self.finish_unsynced()?;
        sync_folder(folder_of(&destination))
    }

    /// As [`finish`](Self::finish), but after a power cut the file may be there and its content
    /// not: for what can be made again, and is checked when it is read.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_unsynced(mut self) -> Result<()> {
        before(Operation::Rename, &self.destination)?;
        let path = std::mem::take(&mut self.destination);
        std::fs::rename(self.file.path(), path)?;
        // The temporary name is gone, so there is nothing left to remove.
        self.file.disable_cleanup(true);
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A process that was killed removes nothing.
        if is_dead(self.file.path()) {
            self.file.disable_cleanup(true);
        }
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let allowed = before_write(&self.destination, bytes.len())?;
        self.file.write(&bytes[..allowed])
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}

impl Seek for Unfinished {
    fn seek(&mut self, position: SeekFrom) -> Result<u64> {
        self.file.seek(position)
    }
}

/// Whether a file or folder of this name is one that was never finished: left by a process that was
/// killed, or being written.
pub fn is_unfinished(name: &str) -> bool {
    let [prefix, suffix] = AFFIXES;
    name.starts_with(prefix) && name.ends_with(suffix)
}

/// The folder that a path lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
