//! A cache on disk: embeddings, so that a second run over the same pixels skips the encoder, and
//! answers, so that one with the same prompts skips the decoder too.
//!
//! An entry is a file named after what it was made from. It is written under another name first, so
//! that another process sees all of it or nothing; it holds its own checksum, so that a damaged one
//! is as good as none. Nothing is locked: any number of processes read and write it at once, and
//! can at worst compute the same twice. A cache that may not be written to is read.
//!
//! The time of a file's last change says when it was last used. Once there is no more room, entries
//! used longest ago go first, but none that was used since the cache was opened: a run that needs
//! more than there is room for would otherwise push out its own first windows for its last ones,
//! and find nothing when it comes again.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use image::RgbImage;
use resam_files::{Unfinished, disk, remove_abandoned};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"resamem1";
const HEADER: usize = MAGIC.len() + 32 + 32;
/// The ends of names: of embeddings, and of answers.
const EXTENSIONS: [&str; 2] = ["embedding", "answers"];
/// Entries written between two scans for what other processes have written.
const BETWEEN_SCANS: u32 = 64;
/// The share of the limit that is in use after entries were removed.
const LEFT: f64 = 0.9;

/// The key of an entry: of an embedding, SHA-256 of the tile's pixels and of the model's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheKey {
    digest: [u8; 32],
    extension: &'static str,
}

impl CacheKey {
    /// The key of a tile. `tile` is what the encoder sees, after band selection and stretch;
    /// `model` is [`Model::identity`](crate::Model::identity).
    pub fn new(tile: &RgbImage, model: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(MAGIC);
        hash.update((model.len() as u64).to_le_bytes());
        hash.update(model);
        hash.update(tile.width().to_le_bytes());
        hash.update(tile.height().to_le_bytes());
        hash.update(tile.as_raw());
        Self {
            digest: hash.finalize().into(),
            extension: EXTENSIONS[0],
        }
    }

    /// The key of answers, from what they depend on.
    pub(crate) fn of_answers(digest: [u8; 32]) -> Self {
        Self {
            digest,
            extension: EXTENSIONS[1],
        }
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.digest
    }

    fn name(&self) -> String {
        let hex: String = self
            .digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{hex}.{}", self.extension)
    }
}

/// A folder of embeddings and answers. Several threads and processes may use it at once.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    limit: u64,
    opened: SystemTime,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes of all entries, as far as is known.
    bytes: u64,
    written_since_scan: u32,
}

struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl Cache {
    /// Opens a folder whose entries take at most `limit` bytes. A missing folder is made.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(folder: &Path, limit: u64) -> io::Result<Self> {
        disk::create_dir_all(folder)?;
        let cache = Self {
            folder: folder.to_owned(),
            limit,
            opened: SystemTime::now(),
            state: Mutex::default(),
        };
        let bytes = cache.entries()?.iter().map(|entry| entry.bytes).sum();
        *cache.lock() = State {
            bytes,
            written_since_scan: 0,
        };
        Ok(cache)
    }

    /// Bytes that all entries take, as far as this process knows.
    pub fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// The entry of a key, such as an embedding as
    /// [`Model::embedding_to_bytes`](crate::Model::embedding_to_bytes) gave it. None if the cache
    /// has none, or if the entry is damaged; a damaged entry is removed.
    pub fn get(&self, key: &CacheKey) -> Option<Vec<u8>> {
        let path = self.folder.join(key.name());
        let mut file = std::fs::File::open(&path).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let Some(start) = checked(&bytes, key) else {
            disk::remove_file(&path).ok();
            return None;
        };
        // Where a read-only cache cannot be marked, its entries merely seem older than they are.
        file.set_modified(SystemTime::now()).ok();
        bytes.drain(..start);
        Some(bytes)
    }

    /// Writes an embedding if there is room for it. Returns whether it was written.
    ///
    /// # Errors
    /// When the folder cannot be written to. A run goes on without the cache.
    pub fn put(&self, key: &CacheKey, embedding: &[u8]) -> io::Result<bool> {
        let bytes = (HEADER + embedding.len()) as u64;
        if !self.has_room(bytes)? {
            return Ok(false);
        }
        let mut file = Unfinished::beside(&self.folder.join(key.name()))?;
        file.write_all(MAGIC)?;
        file.write_all(&key.digest)?;
        file.write_all(&Sha256::digest(embedding))?;
        file.write_all(embedding)?;
        // The system's own stamp may be some milliseconds old, from before the cache was opened.
        file.file().set_modified(SystemTime::now())?;
        file.finish_unsynced()?;
        let mut state = self.lock();
        state.bytes += bytes;
        state.written_since_scan += 1;
        Ok(true)
    }

    /// Whether so many bytes may be added, after what can go has gone.
    fn has_room(&self, bytes: u64) -> io::Result<bool> {
        let mut state = self.lock();
        let fits = |present: u64| present.saturating_add(bytes) <= self.limit;
        if !fits(state.bytes) || state.written_since_scan >= BETWEEN_SCANS {
            *state = State {
                bytes: self.make_room(bytes)?,
                written_since_scan: 0,
            };
        }
        Ok(fits(state.bytes))
    }

    /// Removes what was used longest ago, and not since the cache was opened, until so many bytes
    /// may be added; the bytes of the rest.
    fn make_room(&self, more: u64) -> io::Result<u64> {
        let mut entries = self.entries()?;
        let mut bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
        if bytes.saturating_add(more) <= self.limit || more > self.limit {
            return Ok(bytes);
        }
        entries.retain(|entry| entry.used < self.opened);
        entries.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        for entry in entries {
            if bytes.saturating_add(more) as f64 <= self.limit as f64 * LEFT {
                break;
            }
            // Another process may have removed it already.
            disk::remove_file(&entry.path).ok();
            bytes -= entry.bytes;
        }
        Ok(bytes)
    }

    /// All entries. What other processes left unfinished long ago is removed on the way.
    fn entries(&self) -> io::Result<Vec<Entry>> {
        // A cache that may not be written to is read as it is.
        remove_abandoned(&self.folder).ok();
        let mut entries = Vec::new();
        for file in fs_err::read_dir(&self.folder)? {
            let path = file?.path();
            // Another process may remove a file at any moment.
            let Ok(metadata) = std::fs::metadata(&path) else {
                continue;
            };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let extension = path.extension().unwrap_or_default();
            if EXTENSIONS.iter().any(|known| extension == *known) {
                let bytes = metadata.len();
                entries.push(Entry { path, bytes, used });
            }
        }
        Ok(entries)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is two numbers: a thread that panicked left them whole.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Where the embedding begins in an entry that is whole and belongs to the key.
fn checked(bytes: &[u8], key: &CacheKey) -> Option<usize> {
    let rest = bytes.strip_prefix(MAGIC)?.strip_prefix(&key.digest)?;
    let (checksum, embedding) = rest.split_at_checked(32)?;
    (checksum == Sha256::digest(embedding).as_slice()).then_some(HEADER)
}
