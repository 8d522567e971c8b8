//! Where models are kept, and what is there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::catalogue::{Entry, catalogue, entry};
use crate::part;

/// The environment variable that moves the folder of everything that resam keeps.
pub const HOME_VARIABLE: &str = "RESAM_HOME";

/// Nobody says where models should be kept.
#[derive(Debug, thiserror::Error)]
#[error(
    "no folder to keep models in: this user has no home folder\n\nhint: set `{HOME_VARIABLE}` to a folder"
)]
pub struct NoHome;

/// The folder of everything that resam keeps: `RESAM_HOME` if it is set and not empty, else `resam`
/// in the cache folder of the platform (`~/.cache` or `XDG_CACHE_HOME`, `~/Library/Caches`,
/// `%LOCALAPPDATA%`). It may not exist yet.
///
/// # Errors
/// If `RESAM_HOME` is not set and the user has no home folder.
pub fn home() -> Result<PathBuf, NoHome> {
    if let Some(home) = std::env::var_os(HOME_VARIABLE).filter(|home| !home.is_empty()) {
        return Ok(home.into());
    }
    let platform = etcetera::base_strategy::choose_native_strategy().map_err(|_| NoHome)?;
    Ok(platform.cache_dir().join("resam"))
}

/// The folder of the models within a [`home`].
#[must_use]
pub fn folder(home: &Path) -> PathBuf {
    home.join("weights")
}

/// The file of a model that was pulled, by its name, an alias or its file name.
///
/// A file of another length than the model's is not taken for it. The bytes are not read; they were
/// checked when they came, and [`pull`](crate::pull) checks them again.
#[must_use]
pub fn find(name: &str, home: &Path) -> Option<PathBuf> {
    let entry = entry(name)?;
    let path = folder(home).join(entry.file_name);
    (length_of_file(&path) == Some(entry.size)).then_some(path)
}

/// A model of which a file is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The model.
    pub entry: &'static Entry,
    /// Its file, or what has come so far.
    pub path: PathBuf,
    /// The length of that file in bytes.
    pub bytes: u64,
    /// Whether the file has the model's length; `false` where a download was interrupted.
    pub complete: bool,
}

/// What is there of the catalogue's models, in its order; nothing where the folder does not exist.
///
/// # Errors
/// If the folder is there and may not be looked into.
pub fn pulled(home: &Path) -> std::io::Result<Vec<Pulled>> {
    match fs_err::read_dir(folder(home)) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    }
    let mut found = Vec::new();
    for entry in catalogue() {
        let path = folder(home).join(entry.file_name);
        let candidates = [path.clone(), part::path_of(&path)];
        let present = candidates
            .into_iter()
            .find_map(|path| length_of_file(&path).map(|bytes| (path, bytes)))
            .filter(|(_, bytes)| *bytes > 0);
        if let Some((path, bytes)) = present {
            let complete = bytes == entry.size && path.ends_with(entry.file_name);
            found.push(Pulled {
                entry,
                path,
                bytes,
                complete,
            });
        }
    }
    Ok(found)
}

/// The length of a file in bytes, if there is a file.
pub(crate) fn length_of_file(path: &Path) -> Option<u64> {
    let metadata = fs_err::metadata(path).ok()?;
    metadata.is_file().then_some(metadata.len())
}
