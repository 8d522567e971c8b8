//! Resolves a text to a weights file: an existing file, or the name of a downloaded model.

use std::path::{Path, PathBuf};

use crate::catalogue::{Entry, catalogue, entry, plain};
use crate::home::find;
use crate::size::size_text;

/// Why a text could not be resolved to weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The model is in the catalogue, but not downloaded.
    #[error("`{text}`: {} is not on this computer yet ({})\n\nhint: fetch it with `resam weights pull {}`", entry.name, size_text(entry.size), entry.name)]
    NotPulled {
        /// The text that was given.
        text: String,
        /// The model.
        entry: &'static Entry,
    },
    /// There is no such file and no such model.
    #[error("`{text}`: no such file, and no model of this name\n\nhint: {}", hint(*nearest))]
    Unknown {
        /// The text that was given.
        text: String,
        /// The most similar name, if one is similar.
        nearest: Option<&'static str>,
    },
}

fn hint(nearest: Option<&'static str>) -> String {
    let names: Vec<_> = catalogue().iter().map(|entry| entry.name).collect();
    match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!(
            "check the path, or name one of the models {}",
            names.join(", ")
        ),
    }
}

/// The file of a text: the existing file with that path, else the downloaded model with that name
/// in `home`. Without `home`, only files are found.
///
/// # Errors
/// [`ResolveError`] if there is no such file, and the model is unknown or not downloaded.
pub fn resolve(text: &Path, home: Option<&Path>) -> Result<PathBuf, ResolveError> {
    // Everything that exists and is not a folder, a pipe too, is meant as a file.
    if fs_err::metadata(text).is_ok_and(|metadata| !metadata.is_dir()) {
        return Ok(text.to_owned());
    }
    let name = text.to_string_lossy();
    let Some(entry) = entry(&name) else {
        return Err(ResolveError::Unknown {
            nearest: nearest(&name),
            text: name.into_owned(),
        });
    };
    let pulled = home.and_then(|home| find(entry.name, home));
    pulled.ok_or_else(|| ResolveError::NotPulled {
        text: name.into_owned(),
        entry,
    })
}

/// The most similar name to a misspelt one; at most one letter in three may differ.
pub(crate) fn nearest(text: &str) -> Option<&'static str> {
    let text = &plain(text);
    // Of two equally similar ones, a name is preferred to an alias.
    let spellings = catalogue().iter().flat_map(|entry| {
        let distance = |spelling| strsim::damerau_levenshtein(text, &plain(spelling));
        let spellings = entry.names().enumerate();
        spellings.map(move |(rank, spelling)| (distance(spelling), rank, entry))
    });
    let (distance, _, entry) = spellings.min_by_key(|(distance, rank, _)| (*distance, *rank))?;
    (distance * 3 <= text.chars().count()).then_some(entry.name)
}
