//! The bytes of a checkpoint, mapped from a file or held in memory.

use std::fs::File;
use std::ops::{Deref, Range};
use std::path::Path;

use memmap2::Mmap;

use crate::error::CheckpointError;

/// The whole content of a checkpoint.
pub(crate) enum Source {
    Mapped(Mmap),
    Memory(Vec<u8>),
}

impl Deref for Source {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Source::Mapped(map) => map,
            Source::Memory(bytes) => bytes,
        }
    }
}

impl Source {
    /// Marks a part as not needed for now, so that it does not count as memory of this process.
    /// Reading it again loads it again.
    pub(crate) fn forget(&self, range: Range<usize>) {
        #[cfg(unix)]
        if let Source::Mapped(map) = self
            && !range.is_empty()
            && range.end <= map.len()
        {
            forget_pages(map, range);
        }
        #[cfg(not(unix))]
        let _ = range;
    }

    /// Maps a file for reading.
    pub(crate) fn map(path: &Path) -> Result<Source, CheckpointError> {
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
        // An empty file cannot be mapped on every system.
        if metadata.len() == 0 {
            return Err(CheckpointError::Empty {
                path: path.to_owned(),
            });
        }
        let file = File::open(path).map_err(read_error)?;
        map_read_only(&file).map(Source::Mapped).map_err(read_error)
    }
}

#[expect(
    unsafe_code,
    reason = "mapping a file has no safe form: another process may change it"
)]
fn map_read_only(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: the map is private to this process and read-only, and is only ever seen as `&[u8]`,
    // for which every bit pattern is valid. What is left is the caveat of every mapping: a file
    // that another process truncates while it is mapped ends this one with a bus error. Checkpoints
    // are written beside and renamed, by this crate and by its peers, never changed in place.
    unsafe { Mmap::map(file) }
}

#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "giving pages back has no safe form: those of other mappings would lose their content"
)]
fn forget_pages(map: &Mmap, range: Range<usize>) {
    // SAFETY: the pages are those of a read-only map of a file, which nobody can have written to:
    // the next look at them finds the same bytes, read from the file again. So no borrow of the map
    // sees a change. The range lies within the map; that it could not be forgotten is no harm.
    unsafe {
        map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, range.len())
    }
    .ok();
}
