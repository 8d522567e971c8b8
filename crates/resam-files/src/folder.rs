//! Folders that appear whole or not at all.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::disk::{self, Operation, before, is_dead};
use crate::error::FileError;
use crate::unfinished::{AFFIXES, folder_of};

/// A folder under a temporary name, beside the one that it becomes.
///
/// It goes away with all that is in it when it is dropped before [`finish`](Self::finish).
#[derive(Debug)]
pub struct UnfinishedFolder {
    temporary: TempDir,
    destination: PathBuf,
}

impl UnfinishedFolder {
    /// Begins what becomes the folder `destination`. The folders that it lies in are made.
    /// Permissions are those of any new folder.
    ///
    /// # Errors
    /// [`FileError::FolderInUse`] if something is in a folder of that name; [`FileError::Write`] if
    /// something else has the name, or the operating system refuses.
    pub fn beside(destination: impl AsRef<Path>) -> Result<Self, FileError> {
        let destination = destination.as_ref();
        let refused = |source| FileError::write(destination, source);
        match std::fs::read_dir(destination) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    let path = destination.to_owned();
                    return Err(FileError::FolderInUse { path });
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(refused(error)),
        }
        let parent = folder_of(destination);
        let made = disk::create_dir_all(parent);
        made.and_then(|()| before(Operation::Create, destination))
            .map_err(refused)?;
        let [prefix, suffix] = AFFIXES;
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix).suffix(suffix);
        // Temporary folders are private by default; this one becomes the user's. The umask applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let temporary = builder
            .tempdir_in(parent)
            // The temporary name in the message would only puzzle.
            .map_err(|error| refused(Error::from(error.kind())))?;
        Ok(Self {
            temporary,
            destination: destination.to_owned(),
        })
    }

    /// Where it is for now.
    pub fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// What the operating system says while the folder is filled, with the name of the folder that
    /// was asked for.
    pub fn refused(&self, source: Error) -> FileError {
        FileError::write(&self.destination, source)
    }

    /// Gives the folder its name.
    ///
    /// # Errors
    /// [`FileError::Write`] if the operating system refuses; nothing is left behind then.
    pub fn finish(mut self) -> Result<(), FileError> {
        let destination = self.destination.clone();
        let refused = |source| FileError::write(&destination, source);
        // Not every system renames over an empty folder.
        if self.destination.is_dir() {
            disk::remove_dir(&self.destination).map_err(refused)?;
        }
        before(Operation::Rename, &self.destination)
            .and_then(|()| std::fs::rename(self.temporary.path(), &self.destination))
            .map_err(refused)?;
        // The name is gone, so there is nothing left to delete.
        self.temporary.disable_cleanup(true);
        Ok(())
    }
}

impl Drop for UnfinishedFolder {
    fn drop(&mut self) {
        // A process that was killed removes nothing.
        if is_dead(&self.destination) {
            self.temporary.disable_cleanup(true);
        }
    }
}
