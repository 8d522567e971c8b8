//! Files that must not be one and the same.

use std::path::{Path, PathBuf};

use crate::error::FileError;
use crate::unfinished::folder_of;

/// Checks that no output is one of the inputs, and that no two outputs are the same file, by
/// whatever path: through links, and for files that are not there yet through links to their
/// folders. Inputs that are not there are passed over.
///
/// # Errors
/// [`FileError::IsInput`] and [`FileError::SameOutput`].
pub fn check_apart(outputs: &[PathBuf], inputs: &[PathBuf]) -> Result<(), FileError> {
    let outputs: Vec<(&PathBuf, Identity)> = outputs
        .iter()
        .map(|path| (path, Identity::of(path)))
        .collect();
    // An input that is there is no output that is not.
    if outputs.iter().any(|(_, identity)| identity.exists()) {
        for input in inputs.iter().filter(|input| input.exists()) {
            let identity = Identity::of(input);
            if let Some((output, _)) = outputs.iter().find(|(_, output)| *output == identity) {
                return Err(FileError::IsInput {
                    path: (*output).clone(),
                    input: input.clone(),
                });
            }
        }
    }
    for (at, (path, identity)) in outputs.iter().enumerate() {
        if let Some((other, _)) = outputs[..at].iter().find(|(_, other)| other == identity) {
            return Err(FileError::SameOutput {
                path: (*path).clone(),
                other: (*other).clone(),
            });
        }
    }
    Ok(())
}

/// What makes a file the same by another path.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// Device and number of a file that is there.
    #[cfg(unix)]
    Node(u64, u64),
    /// The real path of a file that is there.
    #[cfg(not(unix))]
    Path(PathBuf),
    /// The real path of a file that is not there yet.
    New(PathBuf),
}

impl Identity {
    fn of(path: &Path) -> Self {
        #[cfg(unix)]
        if let Ok(metadata) = std::fs::metadata(path) {
            use std::os::unix::fs::MetadataExt;
            return Self::Node(metadata.dev(), metadata.ino());
        }
        #[cfg(not(unix))]
        if let Ok(path) = std::fs::canonicalize(path) {
            return Self::Path(path);
        }
        Self::New(future(path, 40))
    }

    fn exists(&self) -> bool {
        !matches!(self, Self::New(_))
    }
}

/// The real path of a file that is not there yet; a link to such a file is followed.
fn future(path: &Path, links: usize) -> PathBuf {
    let folder = folder_of(path);
    if links > 0
        && let Ok(target) = std::fs::read_link(path)
    {
        return future(&folder.join(target), links - 1);
    }
    let name = path.file_name().unwrap_or_default();
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    folder.join(name)
}
