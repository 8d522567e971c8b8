//! What resam keeps on this computer, and where.

use std::path::{Path, PathBuf};

use resam_hub::{HOME_VARIABLE, home, pulled};

/// Files that are counted in a folder at the most, so that a wrong `RESAM_HOME` costs no minute.
const MOST_FILES: usize = 100_000;

/// The folder of everything that resam keeps.
#[derive(Debug)]
pub struct DiskUsage {
    /// The folder as it may be shown to others.
    pub shown: String,
    /// The folder is there.
    pub exists: bool,
    /// A file can be made in it, or the folder can be made.
    pub writable: bool,
    /// Bytes of all files below it.
    pub bytes: u64,
    /// Weights of the catalogue that are here.
    pub weights: Vec<KeptWeights>,
}

/// Weights of the catalogue that are here.
#[derive(Debug)]
pub struct KeptWeights {
    /// The name in the catalogue.
    pub name: &'static str,
    /// Bytes that are here.
    pub bytes: u64,
    /// Bytes of the whole file.
    pub size: u64,
    /// All of it is here.
    pub complete: bool,
}

impl DiskUsage {
    /// Looks.
    ///
    /// # Errors
    /// Why there is nowhere to look, in words.
    pub fn probe() -> Result<Self, String> {
        let folder = home().map_err(|error| first_line(&error.to_string()))?;
        let weights = pulled(&folder).map_err(|error| error.to_string())?;
        Ok(Self {
            shown: shown(&folder),
            exists: folder.is_dir(),
            writable: is_writable(&folder),
            bytes: size_of(&folder),
            weights: weights
                .into_iter()
                .map(|found| KeptWeights {
                    name: found.entry.name,
                    bytes: found.bytes,
                    size: found.entry.size,
                    complete: found.complete,
                })
                .collect(),
        })
    }
}

/// A path that says nothing about who works here: below the home folder it begins with `~`,
/// elsewhere the variable that names it stands for it.
fn shown(folder: &Path) -> String {
    let below = |variable: &str| {
        let parent = std::env::var_os(variable).filter(|value| !value.is_empty())?;
        let rest = folder.strip_prefix(PathBuf::from(parent)).ok()?;
        Some(rest.display().to_string())
    };
    let with = |start: &str, rest: String| {
        if rest.is_empty() {
            start.to_owned()
        } else {
            format!("{start}/{rest}")
        }
    };
    if let Some(rest) = below("HOME").or_else(|| below("USERPROFILE")) {
        return with("~", rest);
    }
    for variable in [HOME_VARIABLE, "XDG_CACHE_HOME", "LOCALAPPDATA"] {
        if let Some(rest) = below(variable) {
            return with(&format!("${variable}"), rest);
        }
    }
    folder.display().to_string()
}

/// Whether a file can be made in a folder, or in the nearest one above it that is there.
fn is_writable(folder: &Path) -> bool {
    // A path of one part lies in the folder at hand.
    let above = folder.ancestors().map(|path| {
        if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        }
    });
    let mut above = above.skip_while(|path| !path.exists());
    // The file has no name and is gone at once.
    above
        .next()
        .is_some_and(|path| path.is_dir() && tempfile::tempfile_in(path).is_ok())
}

/// Bytes of the files below a folder; links are not followed.
fn size_of(folder: &Path) -> u64 {
    let (mut bytes, mut files) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            files += 1;
            if files > MOST_FILES {
                return bytes;
            }
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                bytes += metadata.len();
            }
        }
    }
    bytes
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
