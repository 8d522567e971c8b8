//! A small model, and the ways to fetch it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use resam_hub::{Entry, PullError, PullOptions, pull_entry};
use sha2::{Digest, Sha256};

use crate::server::Server;

/// The file name of the model of these tests.
pub(crate) const FILE_NAME: &str = "small.pth";

/// Bytes that do not repeat, so that a piece in the wrong place is another file.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(next).collect()
}

/// The model that is these bytes.
pub(crate) fn model(bytes: &[u8]) -> Entry {
    let sum: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Entry {
        name: "small",
        aliases: &[],
        file_name: FILE_NAME,
        size: bytes.len() as u64,
        sha256: sum.leak(),
        licence: "CC0-1.0",
        good_for: "tests",
        image_milliseconds: None,
        page: "https://example.org/",
        address: "https://example.org/small.pth",
    }
}

/// From a server, with no pauses and little patience.
pub(crate) fn from(server: &Server, home: &Path) -> PullOptions {
    PullOptions {
        from: Some(server.address("/small.pth")),
        retries: 3,
        pause: Duration::ZERO,
        ..PullOptions::at(home)
    }
}

/// Fetches, without looking at the progress.
pub(crate) fn fetch(entry: &Entry, options: &PullOptions) -> Result<PathBuf, PullError> {
    pull_entry(entry, options, &mut |_, _| {})
}

/// The names of the files that are kept, without those of locks.
pub(crate) fn kept(home: &Path) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(resam_hub::folder(home)) else {
        return Vec::new();
    };
    let mut names: Vec<_> = folder
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    names.sort();
    names
}

/// Where the partial file stands.
pub(crate) fn part(home: &Path) -> PathBuf {
    resam_hub::folder(home).join(format!("{FILE_NAME}.part"))
}

/// Puts bytes there, as an earlier run would have left them.
pub(crate) fn leave_part(home: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(resam_hub::folder(home)).unwrap();
    std::fs::write(part(home), bytes).unwrap();
}
