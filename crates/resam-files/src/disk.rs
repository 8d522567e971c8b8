//! Operations that change the disk.
//!
//! What resam leaves behind is changed here and nowhere else, so that a test can stop a run at any
//! of these operations ([`faults`](crate::faults), the feature `fault-injection`). Without the
//! feature each is that of the standard library, with the path in the error.

use std::fs::OpenOptions;
use std::io::{Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What an operation does to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// A file or a folder is made, or a file is opened to be written to.
    Create,
    /// Bytes are written.
    Write,
    /// A file is cut, or made longer.
    SetLength,
    /// Bytes, or the names in a folder, are made to last through a power cut.
    Sync,
    /// A name is given to something else.
    Rename,
    /// A name is removed.
    Remove,
}

/// Asked before each operation: an error in its place, when a test wants one.
#[cfg(feature = "fault-injection")]
pub(crate) use crate::faults::{before, before_write, is_dead};

#[cfg(not(feature = "fault-injection"))]
#[inline(always)]
pub(crate) fn before(_: Operation, _: &Path) -> Result<()> {
    Ok(())
}

/// Asked before so many bytes are written: how many of them may be.
#[cfg(not(feature = "fault-injection"))]
#[inline(always)]
pub(crate) fn before_write(_: &Path, bytes: usize) -> Result<usize> {
    Ok(bytes)
}

/// Whether the process counts as killed for what lies here.
#[cfg(not(feature = "fault-injection"))]
#[inline(always)]
pub(crate) fn is_dead(_: &Path) -> bool {
    false
}

/// A file that is written to in place: a journal, or a log.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    file: fs_err::File,
}

impl File {
    /// Opens a file that is to be written to, as the options say.
    ///
    /// # Errors
    /// When the operating system refuses; with the path.
    pub fn open(path: impl Into<PathBuf>, options: &OpenOptions) -> Result<Self> {
        let path = path.into();
        before(Operation::Create, &path)?;
        let file = fs_err::OpenOptions::from_options(options.clone()).open(&path)?;
        Ok(Self { path, file })
    }

    /// The path that it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the operating system, to be asked and locked.
    pub fn file(&self) -> &std::fs::File {
        self.file.file()
    }

    /// Cuts the file to a length, or fills it up with zeros.
    ///
    /// # Errors
    /// When the operating system refuses; with the path.
    pub fn set_len(&self, length: u64) -> Result<()> {
        before(Operation::SetLength, &self.path)?;
        self.file.set_len(length)
    }

    /// Makes what was written last through a power cut.
    ///
    /// # Errors
    /// When the operating system refuses; with the path.
    pub fn sync_all(&self) -> Result<()> {
        before(Operation::Sync, &self.path)?;
        self.file.sync_all()
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.file.read(buffer)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let allowed = before_write(&self.path, bytes.len())?;
        self.file.write(&bytes[..allowed])
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}

impl Seek for File {
    fn seek(&mut self, position: SeekFrom) -> Result<u64> {
        self.file.seek(position)
    }
}

/// Makes a folder, and those that it lies in.
///
/// # Errors
/// When the operating system refuses; with the path.
pub fn create_dir_all(path: impl AsRef<Path>) -> Result<()> {
    if path.as_ref().is_dir() {
        return Ok(());
    }
    before(Operation::Create, path.as_ref())?;
    fs_err::create_dir_all(path.as_ref())
}

/// As [`create_dir_all`], for a folder that nobody but its owner may write to or read.
///
/// # Errors
/// When the operating system refuses; with the path.
pub fn create_private_dir_all(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    if path.is_dir() {
        return Ok(());
    }
    before(Operation::Create, path)?;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        let words = format!("{}: cannot be made: {error}", path.display());
        std::io::Error::new(error.kind(), words)
    })
}

/// Gives a file or a folder another name, in the place of a file that has it.
///
/// # Errors
/// When the operating system refuses; with both paths.
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<()> {
    before(Operation::Rename, to.as_ref())?;
    fs_err::rename(from.as_ref(), to.as_ref())
}

/// Removes a file.
///
/// # Errors
/// When the operating system refuses; with the path.
pub fn remove_file(path: impl AsRef<Path>) -> Result<()> {
    before(Operation::Remove, path.as_ref())?;
    fs_err::remove_file(path.as_ref())
}

/// Removes an empty folder.
///
/// # Errors
/// When the operating system refuses; with the path.
pub fn remove_dir(path: impl AsRef<Path>) -> Result<()> {
    before(Operation::Remove, path.as_ref())?;
    fs_err::remove_dir(path.as_ref())
}

/// Removes a folder and all that is in it, one after the other.
///
/// # Errors
/// When the operating system refuses; with the path.
pub fn remove_dir_all(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    for entry in fs_err::read_dir(path)? {
        let entry = entry?;
        // A link to a folder is removed, and not what it leads to.
        if entry.file_type()?.is_dir() {
            remove_dir_all(entry.path())?;
        } else {
            remove_file(entry.path())?;
        }
    }
    remove_dir(path)
}

/// Makes the names in a folder last through a power cut. Not every system lets a folder be opened;
/// the files themselves are whole, so that this is no error.
pub fn sync_folder(path: impl AsRef<Path>) -> Result<()> {
    before(Operation::Sync, path.as_ref())?;
    if let Ok(folder) = std::fs::File::open(path.as_ref()) {
        folder.sync_all().ok();
    }
    Ok(())
}
