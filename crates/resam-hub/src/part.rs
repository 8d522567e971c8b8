//! The partial file of a model, next to its final path.
//!
//! `NAME.part` holds the bytes. `NAME.part.from` holds their address and the server's `ETag`, so
//! that a later run requests the rest of the same version. The SHA-256 is computed while bytes
//! arrive. The second file is not trusted: bytes that do not fit together have a wrong sum, and are
//! removed.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use fs_err::File;
use resam_files::disk;
use sha2::{Digest, Sha256};

use crate::catalogue::Entry;
use crate::error::PullError;

/// The number of bytes that are read at a time.
pub(crate) const CHUNK: usize = 1 << 16;

/// The path of the partial file.
pub(crate) fn path_of(path: &Path) -> PathBuf {
    with_suffix(path, ".part")
}

/// How a file of ours is opened for writing: made private, and never through a link that somebody
/// left in its place.
pub(crate) fn own_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW);
    }
    options
}

/// A path with something put after its file name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The address and the version of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The address without user information.
    pub(crate) address: String,
    /// The value of its `ETag`.
    pub(crate) etag: String,
}

/// A partial file.
pub(crate) struct Part<'a> {
    entry: &'a Entry,
    path: PathBuf,
    file: disk::File,
    sum: Sha256,
    length: u64,
    origin: Option<Origin>,
}

impl<'a> Part<'a> {
    /// Opens or creates the partial file. If it is longer than the model, or complete with a wrong
    /// sum, its bytes are dropped.
    pub(crate) fn open(
        entry: &'a Entry,
        path: PathBuf,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, PullError> {
        let mut part = Self::at(entry, path)?;
        if part.file.file().metadata()?.len() > entry.size {
            part.restart()?;
        }
        let Self {
            file, sum, length, ..
        } = &mut part;
        each_chunk(&mut file.take(entry.size), |chunk| {
            sum.update(chunk);
            *length += chunk.len() as u64;
            progress(*length, entry.size);
        })?;
        if part.length > entry.size || (part.is_complete() && part.sum() != entry.sha256) {
            part.restart()?;
        }
        Ok(part)
    }

    /// Creates an empty partial file.
    pub(crate) fn empty(entry: &'a Entry, path: PathBuf) -> Result<Self, PullError> {
        let mut part = Self::at(entry, path)?;
        part.restart()?;
        Ok(part)
    }

    fn at(entry: &'a Entry, path: PathBuf) -> Result<Self, PullError> {
        Ok(Self {
            entry,
            file: disk::File::open(&path, &own_file())?,
            origin: read_origin(&origin_path(&path)),
            path,
            sum: Sha256::new(),
            length: 0,
        })
    }

    /// The model.
    pub(crate) fn entry(&self) -> &'a Entry {
        self.entry
    }

    /// The number of bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Whether the file has the length of the model.
    pub(crate) fn is_complete(&self) -> bool {
        self.length == self.entry.size
    }

    /// The `ETag` of the first bytes, if they came from this address.
    pub(crate) fn etag_at(&self, address: &str) -> Option<&str> {
        let origin = self.origin.as_ref()?;
        (origin.address == address).then_some(origin.etag.as_str())
    }

    /// Stores the origin of the bytes. If it cannot be written, the download goes on without it.
    pub(crate) fn set_origin(&mut self, origin: Option<Origin>) {
        if self.origin == origin {
            return;
        }
        let path = origin_path(&self.path);
        match &origin {
            Some(origin) => {
                let text = format!("{}\n{}\n", origin.address, origin.etag);
                let mut options = own_file();
                options.truncate(true);
                disk::File::open(&path, &options)
                    .and_then(|mut file| file.write_all(text.as_bytes()))
                    .ok();
            }
            None => {
                disk::remove_file(&path).ok();
            }
        }
        self.origin = origin;
    }

    /// Drops every byte.
    pub(crate) fn restart(&mut self) -> Result<(), PullError> {
        if self.file.file().metadata()?.len() > 0 {
            self.file.set_len(0)?;
        }
        self.file.rewind()?;
        self.sum = Sha256::new();
        self.length = 0;
        self.set_origin(None);
        Ok(())
    }

    /// Puts bytes at the end.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), PullError> {
        self.file
            .write_all(bytes)
            .map_err(|error| self.refused(error))?;
        self.sum.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Checks the SHA-256 and renames the file to its final path. A wrong file is removed; the
    /// error names its source `from`.
    pub(crate) fn finish(self, path: &Path, from: &str) -> Result<(), PullError> {
        let found = self.sum();
        if found != self.entry.sha256 {
            let error = PullError::Sum {
                name: self.entry.name.to_owned(),
                from: from.to_owned(),
                expected: self.entry.sha256.to_owned(),
                found,
            };
            self.remove();
            return Err(error);
        }
        self.file.sync_all().map_err(|error| self.refused(error))?;
        drop(self.file);
        disk::rename(&self.path, path)?;
        disk::remove_file(origin_path(&self.path)).ok();
        if let Some(folder) = path.parent() {
            disk::sync_folder(folder)?;
        }
        Ok(())
    }

    /// Keeps the bytes for the next run; an empty file is removed.
    pub(crate) fn leave(self) {
        if self.length == 0 {
            self.remove();
        }
    }

    fn remove(self) {
        drop(self.file);
        disk::remove_file(origin_path(&self.path)).ok();
        disk::remove_file(&self.path).ok();
    }

    fn sum(&self) -> String {
        hexadecimal(&self.sum.clone().finalize())
    }

    fn refused(&self, error: std::io::Error) -> PullError {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => PullError::DiskFull {
                path: self.path.clone(),
                missing: self.entry.size - self.length,
            },
            _ => error.into(),
        }
    }
}

/// Whether a file is the model's, to the byte.
pub(crate) fn is_whole(entry: &Entry, path: &Path) -> Result<bool, PullError> {
    if crate::home::length_of_file(path) != Some(entry.size) {
        return Ok(false);
    }
    let file = File::open(path)?;
    let mut sum = Sha256::new();
    each_chunk(&mut file.take(entry.size), |chunk| sum.update(chunk))?;
    Ok(hexadecimal(&sum.finalize()) == entry.sha256)
}

/// Reads to the end, a chunk at a time.
fn each_chunk(reader: &mut impl Read, mut take: impl FnMut(&[u8])) -> std::io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(read) => take(&chunk[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn origin_path(part: &Path) -> PathBuf {
    with_suffix(part, ".from")
}

/// The stored origin, if it is well-formed.
fn read_origin(path: &Path) -> Option<Origin> {
    // An address and a validator are short; more than this was not written here.
    const LONGEST: u64 = 1 << 14;
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    let (address, etag) = (lines.next()?, lines.next()?);
    Some(Origin {
        address: address.to_owned(),
        etag: etag.to_owned(),
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
