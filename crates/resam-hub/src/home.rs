//! The folder of the models, and which models are in it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::catalogue::{Entry, catalogue, entry};
use crate::part;

/// The environment variable with the folder of all stored files.
pub const HOME_VARIABLE: &str = "RESAM_HOME";

/// There is no folder for models: `RESAM_HOME` is not set and the user has no home folder.
#[derive(Debug, thiserror::Error)]
#[error(
    "no folder to keep models in: this user has no home folder\n\nhint: set `{HOME_VARIABLE}` to a folder"
)]
pub struct NoHome;

/// The folder of all stored files: `RESAM_HOME` if it is set and not empty, else `resam` in the
/// cache folder of the platform (`XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches`,
/// `%LOCALAPPDATA%`). It may not exist yet.
///
/// # Errors
/// [`NoHome`] if `RESAM_HOME` is not set and the user has no home folder.
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

/// The file of a downloaded model, by its name, an alias or its file name; `None` if it is not
/// there.
///
/// Only the length of the file is checked. Its bytes were checked when they were downloaded, and
/// [`pull`](crate::pull()) checks them again.
#[must_use]
pub fn find(name: &str, home: &Path) -> Option<PathBuf> {
    let entry = entry(name)?;
    let path = folder(home).join(entry.file_name);
    (length_of_file(&path) == Some(entry.size)).then_some(path)
}

/// A model that was downloaded, wholly or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The model.
    pub entry: &'static Entry,
    /// The path of its file, or of its partial file.
    pub path: PathBuf,
    /// The length of that file in bytes.
    pub bytes: u64,
    /// Whether the file has the length of the model; `false` after an interrupted download.
    pub complete: bool,
}

/// The downloaded models, in the order of the catalogue; none if the folder does not exist.
///
/// # Errors
/// The error of the operating system if the folder cannot be read.
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
