//! The bytes of a checkpoint, read from a file part by part or held in memory.
//!
//! A file is not mapped into memory: one that another process cuts while it is mapped would end
//! this process with a bus error. A part that is not there any more is an error here.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use crate::error::CheckpointError;

/// The whole content of a checkpoint.
pub(crate) enum Source {
    File { file: File, length: usize },
    Memory(Vec<u8>),
}

impl Source {
    /// Opens a file for reading.
    pub(crate) fn open(path: &Path) -> std::result::Result<Source, CheckpointError> {
        let read_error = |error| CheckpointError::Read {
            path: path.to_owned(),
            error,
        };
        let metadata = std::fs::metadata(path).map_err(read_error)?;
        // Checked before opening: opening a pipe would wait for a writer.
        if !metadata.is_file() {
            let found = if metadata.is_dir() {
                "a directory"
            } else {
                "a pipe or a device"
            };
            return Err(CheckpointError::NotAFile {
                path: path.to_owned(),
                found,
            });
        }
        let file = File::open(path).map_err(read_error)?;
        let length = file.metadata().map_err(read_error)?.len();
        if length == 0 {
            return Err(CheckpointError::Empty {
                path: path.to_owned(),
            });
        }
        let length = usize::try_from(length)
            .map_err(|_| read_error(Error::from(ErrorKind::FileTooLarge)))?;
        Ok(Source::File { file, length })
    }

    /// The number of bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Source::File { length, .. } => *length,
            Source::Memory(bytes) => bytes.len(),
        }
    }

    /// A part of the content, which lies within it: borrowed from memory, or read from the file.
    pub(crate) fn read(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>> {
        match self {
            Source::Memory(bytes) => Ok(Cow::Borrowed(&bytes[range])),
            Source::File { file, .. } => {
                let mut bytes = Vec::new();
                bytes
                    .try_reserve_exact(range.len())
                    .map_err(|_| Error::from(ErrorKind::OutOfMemory))?;
                bytes.resize(range.len(), 0);
                read_exact_at(file, &mut bytes, range.start as u64)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// The whole content, piece by piece.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Result<Cow<'_, [u8]>>> {
        const PIECE: usize = 1 << 20;
        let starts = (0..self.len()).step_by(PIECE);
        starts.map(|start| self.read(start..self.len().min(start + PIECE)))
    }
}

/// Fills a buffer from a place in a file.
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> Result<()> {
    while !buffer.is_empty() {
        match read_at(file, buffer, offset) {
            Ok(0) => {
                let reason = "the file became shorter while it was read";
                return Err(Error::new(ErrorKind::UnexpectedEof, reason));
            }
            Ok(read) => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// Reads a source from its beginning, and from where it is told to.
pub(crate) struct Reader<'a> {
    source: &'a Source,
    position: u64,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a Source) -> Self {
        Self {
            source,
            position: 0,
        }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = self.source.len();
        let start = usize::try_from(self.position).map_or(length, |at| at.min(length));
        let bytes = self.source.read(start..length.min(start + buffer.len()))?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, position: SeekFrom) -> Result<u64> {
        let moved = match position {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => (self.source.len() as u64).checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = moved.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
