//! The header and the chain of image file directories, as locations of values.

use std::collections::{BTreeMap, HashSet};

use super::{ByteOrder, Fault, Source};

/// More directories than any raster has: each is an overview, a mask or a page.
const MAX_DIRECTORIES: usize = 1024;

/// Most values that are read of one tag at once. Places of chunks are read one by one instead.
const MAX_VALUES: u64 = 1 << 20;

/// A TIFF whose directories have been walked.
#[derive(Debug)]
pub(crate) struct TiffFile {
    pub(crate) source: Source,
    pub(crate) order: ByteOrder,
    /// Whether offsets have 64 bits.
    pub(crate) big: bool,
    pub(crate) directories: Vec<Directory>,
}

/// One image file directory: where the value of each tag lies.
#[derive(Debug)]
pub(crate) struct Directory {
    entries: BTreeMap<u16, Entry>,
}

/// Where the values of a tag lie in the file; those that fit into the directory lie there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    kind: u16,
    pub(crate) count: u64,
    position: u64,
}

/// The order of bytes that a file begins with, if it begins as a TIFF does.
pub(crate) fn tiff_order(header: &[u8]) -> Option<ByteOrder> {
    match header {
        [b'I', b'I', 42 | 43, 0, ..] => Some(ByteOrder::Little),
        [b'M', b'M', 0, 42 | 43, ..] => Some(ByteOrder::Big),
        _ => None,
    }
}

impl TiffFile {
    /// Walks the directories of a file.
    pub(crate) fn open(source: Source) -> Result<Self, Fault> {
        let header = source.read(0, 8, "the header")?;
        let order =
            tiff_order(&header).ok_or_else(|| Fault::broken("it does not begin as a TIFF does"))?;
        let big = order.unsigned(&header[2..4]) == 43;
        let mut file = Self {
            source,
            order,
            big,
            directories: Vec::new(),
        };
        let mut next = if big {
            if order.unsigned(&header[4..6]) != 8 {
                return Err(Fault::broken(
                    "a BigTIFF whose offsets are not 8 bytes long",
                ));
            }
            file.number_at(8, 8)?
        } else {
            order.unsigned(&header[4..8])
        };
        let mut seen = HashSet::new();
        while next != 0 {
            if !seen.insert(next) {
                return Err(Fault::Broken(format!(
                    "its directories run in a circle, back to position {next}"
                )));
            }
            if seen.len() > MAX_DIRECTORIES {
                return Err(Fault::Broken(format!(
                    "it has more than {MAX_DIRECTORIES} directories"
                )));
            }
            let (directory, after) = file.read_directory(next)?;
            file.directories.push(directory);
            next = after;
        }
        if file.directories.is_empty() {
            return Err(Fault::broken("it has no image"));
        }
        Ok(file)
    }

    /// A directory, and the position of the one after it.
    fn read_directory(&self, position: u64) -> Result<(Directory, u64), Fault> {
        let (count_size, entry_size, field_size) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number_at(position, count_size)?;
        // A directory has each tag at most once, so there is no use for more.
        if count > u64::from(u16::MAX) {
            return Err(Fault::Broken(format!(
                "the directory at position {position} has {count} tags"
            )));
        }
        let first = position + count_size;
        let what = "a directory";
        let bytes = self
            .source
            .read(first, count * entry_size + field_size, what)?;
        let mut entries = BTreeMap::new();
        for (index, bytes) in bytes.chunks_exact(entry_size as usize).enumerate() {
            if index as u64 == count {
                break;
            }
            let tag = self.order.unsigned(&bytes[..2]) as u16;
            let kind = self.order.unsigned(&bytes[2..4]) as u16;
            let split = 4 + field_size as usize;
            let count = self.order.unsigned(&bytes[4..split]);
            // Readers skip kinds of values that they do not know.
            let Some(size) = size_of_kind(kind) else {
                continue;
            };
            let inside = count
                .checked_mul(size)
                .is_some_and(|size| size <= field_size);
            let position = if inside {
                first + index as u64 * entry_size + split as u64
            } else {
                self.order.unsigned(&bytes[split..])
            };
            entries.entry(tag).or_insert(Entry {
                kind,
                count,
                position,
            });
        }
        let after = self
            .order
            .unsigned(&bytes[bytes.len() - field_size as usize..]);
        Ok((Directory { entries }, after))
    }

    fn number_at(&self, position: u64, size: u64) -> Result<u64, Fault> {
        let bytes = self.source.read(position, size, "a number")?;
        Ok(self.order.unsigned(&bytes))
    }

    /// The unsigned value at an index of an entry.
    pub(crate) fn value_at(&self, entry: &Entry, index: u64) -> Result<u64, Fault> {
        let size = size_of_kind(entry.kind).unwrap_or(1);
        // `holds_all` was asked of the tables that this is for.
        let position = entry.position.saturating_add(index.saturating_mul(size));
        self.number_at(position, size)
    }

    /// Whether all values of an entry lie in the file, and are unsigned numbers.
    pub(crate) fn holds_unsigned(&self, entry: &Entry) -> bool {
        let size = size_of_kind(entry.kind).unwrap_or(1);
        let bytes = entry.count.checked_mul(size);
        is_unsigned(entry.kind)
            && bytes.is_some_and(|bytes| self.source.holds(entry.position, bytes))
    }

    fn raw(&self, tag: u16, entry: &Entry) -> Result<Vec<u8>, Fault> {
        let size = size_of_kind(entry.kind).unwrap_or(1);
        if entry.count > MAX_VALUES {
            let count = entry.count;
            return Err(Fault::Broken(format!("tag {tag} has {count} values")));
        }
        self.source
            .read(entry.position, entry.count * size, &format!("tag {tag}"))
    }

    /// The bytes of a tag, whatever they mean.
    pub(crate) fn bytes(&self, directory: &Directory, tag: u16) -> Result<Option<Vec<u8>>, Fault> {
        let entry = directory.entry(tag);
        entry.map(|entry| self.raw(tag, entry)).transpose()
    }

    /// The text of a tag, up to its first zero.
    pub(crate) fn text(&self, directory: &Directory, tag: u16) -> Result<Option<String>, Fault> {
        let bytes = self.bytes(directory, tag)?;
        Ok(bytes.map(|bytes| {
            let end = bytes.iter().position(|&byte| byte == 0);
            String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
        }))
    }

    /// The text of a tag, unless it is longer than texts of use are.
    pub(crate) fn text_if_short(
        &self,
        directory: &Directory,
        tag: u16,
    ) -> Result<Option<String>, Fault> {
        match directory.entry(tag) {
            Some(entry) if entry.count <= MAX_VALUES => self.text(directory, tag),
            _ => Ok(None),
        }
    }

    /// The unsigned numbers of a tag; none if the tag is not there.
    pub(crate) fn unsigned_list(&self, directory: &Directory, tag: u16) -> Result<Vec<u64>, Fault> {
        let Some(entry) = directory.entry(tag) else {
            return Ok(Vec::new());
        };
        if !is_unsigned(entry.kind) {
            return Err(Fault::Broken(format!("tag {tag} is no unsigned number")));
        }
        let bytes = self.raw(tag, entry)?;
        let size = size_of_kind(entry.kind).unwrap_or(1) as usize;
        let numbers = bytes.chunks_exact(size);
        Ok(numbers.map(|bytes| self.order.unsigned(bytes)).collect())
    }

    /// The first unsigned number of a tag.
    pub(crate) fn unsigned(&self, directory: &Directory, tag: u16) -> Result<Option<u64>, Fault> {
        Ok(self.unsigned_list(directory, tag)?.first().copied())
    }

    /// The floating point numbers of a tag; none if the tag is not there.
    pub(crate) fn doubles(&self, directory: &Directory, tag: u16) -> Result<Vec<f64>, Fault> {
        let Some(entry) = directory.entry(tag) else {
            return Ok(Vec::new());
        };
        let bytes = self.raw(tag, entry)?;
        let number = |bytes: &[u8]| self.order.unsigned(bytes);
        match entry.kind {
            FLOAT => Ok(bytes
                .chunks_exact(4)
                .map(|bytes| f32::from_bits(number(bytes) as u32).into())
                .collect()),
            DOUBLE => Ok(bytes
                .chunks_exact(8)
                .map(|bytes| f64::from_bits(number(bytes)))
                .collect()),
            _ => Err(Fault::Broken(format!(
                "tag {tag} is no floating point number"
            ))),
        }
    }
}

impl Directory {
    /// Where the values of a tag lie.
    pub(crate) fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.get(&tag)
    }
}

const FLOAT: u16 = 11;
const DOUBLE: u16 = 12;

/// Bytes of one value of a kind.
fn size_of_kind(kind: u16) -> Option<u64> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => return None,
    })
}

fn is_unsigned(kind: u16) -> bool {
    matches!(kind, 1 | 3 | 4 | 13 | 16 | 18)
}
