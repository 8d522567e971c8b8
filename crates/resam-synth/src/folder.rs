//! Folders that appear whole or not at all.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::SynthError;

/// A folder that is filled under another name and gets its own at the end.
pub(crate) struct NewFolder {
    temporary: TempDir,
    destination: PathBuf,
}

impl NewFolder {
    /// A place to fill, beside the folder that it becomes.
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
        // Temporary folders are private by default; this one becomes the user's. The umask applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let temporary = builder.tempdir_in(parent).map_err(refused)?;
        Ok(Self {
            temporary,
            destination: destination.to_owned(),
        })
    }

    /// Where to write meanwhile.
    pub(crate) fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// The error of a refusal by the operating system.
    pub(crate) fn refused(&self, source: std::io::Error) -> SynthError {
        SynthError::Write {
            path: self.destination.clone(),
            source,
        }
    }

    /// Gives the folder its name.
    pub(crate) fn finish(self) -> Result<(), SynthError> {
        let Self {
            temporary,
            destination,
        } = self;
        let refused = |source| SynthError::Write {
            path: destination.clone(),
            source,
        };
        // Not every system renames over an empty folder.
        if destination.is_dir() {
            fs_err::remove_dir(&destination).map_err(refused)?;
        }
        fs_err::rename(temporary.path(), &destination).map_err(refused)?;
        // The name is gone, so there is nothing left to delete.
        drop(temporary.keep());
        Ok(())
    }
}
