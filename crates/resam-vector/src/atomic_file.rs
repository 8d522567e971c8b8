//! Files that appear whole or not at all.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::VectorError;

/// A file under a temporary name in the folder of the one that it becomes.
///
/// It goes away when it is dropped, and a file that was there before stays until [`Unfinished::finish`].
pub(crate) struct Unfinished {
    destination: PathBuf,
    file: NamedTempFile,
}

impl Unfinished {
    pub(crate) fn beside(path: &Path) -> Result<Self, VectorError> {
        // Errors are told with the path that the user gave, so `std::fs` is used.
        let destination = match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                let error = io::Error::other("there is a folder or a device of that name");
                return Err(refused(path, error));
            }
            // A symbolic link is followed.
            Ok(_) => std::fs::canonicalize(path).map_err(|error| refused(path, error))?,
            Err(_) => path.to_owned(),
        };
        let folder = match destination.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".resam-").suffix(".part");
        // Temporary files are private by default; this one becomes the user's file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder
            .tempfile_in(folder)
            // The temporary name in the message would only puzzle.
            .map_err(|error| refused(path, error.kind().into()))?;
        Ok(Self { destination, file })
    }

    /// Where it is for now.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Writes the content.
    pub(crate) fn write(
        &mut self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), VectorError> {
        let mut buffered = BufWriter::with_capacity(1 << 16, &mut self.file);
        content(&mut buffered)
            .and_then(|()| buffered.flush())
            .map_err(|error| refused(&self.destination, error))
    }

    /// Gives it its name.
    pub(crate) fn finish(self) -> Result<(), VectorError> {
        self.file
            .as_file()
            .sync_all()
            .and_then(|()| {
                let persisted = self.file.persist(&self.destination);
                persisted.map(drop).map_err(|error| error.error)
            })
            .map_err(|error| refused(&self.destination, error))
    }
}

fn refused(path: &Path, source: io::Error) -> VectorError {
    VectorError::Write {
        path: path.to_owned(),
        source,
    }
}
