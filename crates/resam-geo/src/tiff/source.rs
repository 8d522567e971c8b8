//! Bytes of a file at a position, checked against its length, from several threads.

use std::io::{Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use fs_err::File;

use super::Fault;

/// A file, or its bytes.
#[derive(Debug)]
pub(crate) enum Source {
    File { file: Mutex<File>, length: u64 },
    Bytes(Vec<u8>),
}

impl Source {
    pub(crate) fn file(file: File) -> std::io::Result<Self> {
        let length = file.metadata()?.len();
        let file = Mutex::new(file);
        Ok(Self::File { file, length })
    }

    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::File { length, .. } => *length,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// Whether the file holds this many bytes at a position.
    pub(crate) fn holds(&self, position: u64, length: u64) -> bool {
        position
            .checked_add(length)
            .is_some_and(|end| end <= self.length())
    }

    /// The bytes at a position. Nothing is allocated unless they are there.
    pub(crate) fn read(&self, position: u64, length: u64, what: &str) -> Result<Vec<u8>, Fault> {
        let beyond = || {
            let end = self.length();
            Fault::Broken(format!(
                "{what} of {length} bytes at position {position} lies beyond the end of the file at {end}"
            ))
        };
        if !self.holds(position, length) {
            return Err(beyond());
        }
        let length = usize::try_from(length).map_err(|_| beyond())?;
        match self {
            // A poisoned lock guards nothing but a position, which is set anew.
            Self::File { file, .. } => {
                let mut bytes = vec![0; length];
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(position))?;
                file.read_exact(&mut bytes)?;
                Ok(bytes)
            }
            // What is held lies within a vector, so its end is a `usize`.
            Self::Bytes(bytes) => {
                let start = position as usize;
                Ok(bytes[start..start + length].to_vec())
            }
        }
    }
}

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// An unsigned number of at most 8 bytes.
    pub(crate) fn unsigned(self, bytes: &[u8]) -> u64 {
        let append = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        match self {
            Self::Little => bytes.iter().rev().fold(0, append),
            Self::Big => bytes.iter().fold(0, append),
        }
    }
}
