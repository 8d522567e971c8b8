//! Why a file or a folder could not be written.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file or a folder could not be written. Each names the path that was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The path ends in no file name.
    #[error("`{}`: not the name of a file", path.display())]
    NoFileName {
        /// The path asked for.
        path: PathBuf,
    },
    /// A folder, a pipe or a device has the name.
    #[error("{}: not a file but {kind}\n\nhint: name a file to be written", path.display())]
    NotAFile {
        /// The path asked for.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
    /// What would be written is what is read.
    #[error("`{}`: the output is an input of the run{}\n\nhint: name another file: the input would be lost", path.display(), also(input, path))]
    IsInput {
        /// The output.
        path: PathBuf,
        /// The input.
        input: PathBuf,
    },
    /// Two outputs would be one file.
    #[error("`{}`: two outputs are the same file{}\n\nhint: name another file for one of them", path.display(), also(other, path))]
    SameOutput {
        /// An output.
        path: PathBuf,
        /// The other one.
        other: PathBuf,
    },
    /// A file is there that no earlier run wrote.
    #[error("`{}`: {what} is there already, and no run of resam wrote it\n\nhint: name another file, or ask for it to be overwritten", path.display())]
    NotOurs {
        /// The output.
        path: PathBuf,
        /// What is there.
        what: String,
    },
    /// There is no folder to write into.
    #[error("{}: cannot be written: there is no folder `{}`\n\nhint: create the folder first", path.display(), folder.display())]
    NoFolder {
        /// The path asked for.
        path: PathBuf,
        /// The folder that is missing.
        folder: PathBuf,
    },
    /// The folder to be written exists and holds something.
    #[error("{}: the folder exists and is not empty\n\nhint: name a new folder, or delete this one first", path.display())]
    FolderInUse {
        /// The folder.
        path: PathBuf,
    },
    /// The operating system or an encoder refused.
    #[error("{}: cannot be written: {source}\n\nhint: see that the folder may be written to and that the disk has room", path.display())]
    Write {
        /// The path asked for.
        path: PathBuf,
        /// What the operating system or the encoder says.
        source: io::Error,
    },
}

/// The other path of a file, if it is another.
fn also(other: &std::path::Path, path: &std::path::Path) -> String {
    if other == path {
        return String::new();
    }
    format!(", `{}`", other.display())
}

impl FileError {
    /// What the operating system or an encoder said while the file or folder at `path` was written.
    pub fn write(path: impl AsRef<Path>, source: io::Error) -> Self {
        Self::Write {
            path: path.as_ref().to_owned(),
            source,
        }
    }
}
