//! Folders that appear whole or not at all.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::SynthError;

/// A folder that is filled under a temporary name and renamed at the end.
pub(crate) struct NewFolder {
    temporary: TempDir,
    destination: PathBuf,
}

impl NewFolder {
    /// Creates the temporary folder beside the destination.
    pub(crate) fn beside(destination: &Path) -> Result<Self, SynthError> {
        let refused = |source| SynthError::Write {
            path: destination.to_owned(),
            source,
        };
        match fs_err::read_dir(destination) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(SynthError::FolderInUse {
                        path: destination.to_owned(),
                    });
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(refused(error)),
        }
        let parent = match destination.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        fs_err::create_dir_all(parent).map_err(refused)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".resam-").suffix(".part");
        // Temporary folders are private by default. This one gets the usual permissions, under the
        // umask.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let temporary = builder.tempdir_in(parent).map_err(refused)?;
        Ok(Self {
            temporary,
            destination: destination.to_owned(),
        })
    }

    /// The temporary folder, to write into.
    pub(crate) fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// The error for an error of the operating system.
    pub(crate) fn refused(&self, source: std::io::Error) -> SynthError {
        SynthError::Write {
            path: self.destination.clone(),
            source,
        }
    }

    /// Renames the folder to its destination.
    pub(crate) fn finish(self) -> Result<(), SynthError> {
        let Self {
            temporary,
            destination,
        } = self;
        let refused = |source| SynthError::Write {
            path: destination.clone(),
            source,
        };
        // Not every system can rename over an empty folder.
        if destination.is_dir() {
            fs_err::remove_dir(&destination).map_err(refused)?;
        }
        fs_err::rename(temporary.path(), &destination).map_err(refused)?;
        // The temporary folder was renamed, so there is nothing to delete.
        drop(temporary.keep());
        Ok(())
    }
}
