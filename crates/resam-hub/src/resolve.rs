//! What `--weights TEXT` means: a file, or the name of a model that was pulled.

use std::path::{Path, PathBuf};

use crate::catalogue::{Entry, catalogue, entry, plain};
use crate::home::find;
use crate::size::size_text;

/// Why a text stands for no weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The model can be had, but is not there yet.
    #[error("`{text}`: {} is not on this computer yet ({})\n\nhint: fetch it with `resam weights pull {}`", entry.name, size_text(entry.size), entry.name)]
    NotPulled {
        /// What was typed.
        text: String,
        /// The model.
        entry: &'static Entry,
    },
    /// There is no such file and no such model.
    #[error("`{text}`: no such file, and no model of this name\n\nhint: {}", hint(*nearest))]
    Unknown {
        /// What was typed.
        text: String,
        /// The name that is spelt nearly so.
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

/// The file that a text stands for: an existing file of that path, else the model of that name in
/// `home`. Without a `home` only files are found.
///
/// # Errors
/// If there is no such file, and either no such model or not yet on this computer.
pub fn resolve(text: &Path, home: Option<&Path>) -> Result<PathBuf, ResolveError> {
    // Whatever is there and no folder, a pipe too, was meant as a file.
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

/// The name that a misspelt one most likely means: at most a letter in three differs.
pub(crate) fn nearest(text: &str) -> Option<&'static str> {
    let text = &plain(text);
    // Of two spellings equally near, the one that is a name and not an alias.
    let spellings = catalogue().iter().flat_map(|entry| {
        let distance = |spelling| strsim::damerau_levenshtein(text, &plain(spelling));
        let spellings = entry.names().enumerate();
        spellings.map(move |(rank, spelling)| (distance(spelling), rank, entry))
    });
    let (distance, _, entry) = spellings.min_by_key(|(distance, rank, _)| (*distance, *rank))?;
    (distance * 3 <= text.chars().count()).then_some(entry.name)
}
