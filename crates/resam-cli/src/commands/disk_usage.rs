//! What resam keeps on this computer, and where, for `resam doctor`.

use std::path::{Path, PathBuf};

use resam_hub::{HOME_VARIABLE, catalogue, home, pulled, size_text};
use serde_json::{Value, json};

/// Files that are counted in a folder at the most, so that a wrong `RESAM_HOME` costs no minute.
const MOST_FILES: usize = 100_000;

/// The folder of everything that resam keeps.
pub(super) struct DiskUsage {
    /// The folder as it may be shown to others.
    shown: String,
    exists: bool,
    writable: bool,
    bytes: u64,
    weights: Vec<Weights>,
}

/// Weights of the catalogue that are here.
struct Weights {
    name: &'static str,
    bytes: u64,
    size: u64,
    complete: bool,
}

impl DiskUsage {
    /// Looks. Tells in words why there is nowhere to look.
    pub(super) fn probe() -> Result<Self, String> {
        let folder = home().map_err(|error| first_line(&error.to_string()))?;
        let weights = pulled(&folder).map_err(|error| error.to_string())?;
        Ok(Self {
            shown: shown(&folder),
            exists: folder.is_dir(),
            writable: is_writable(&folder),
            bytes: size_of(&folder),
            weights: weights
                .into_iter()
                .map(|found| Weights {
                    name: found.entry.name,
                    bytes: found.bytes,
                    size: found.entry.size,
                    complete: found.complete,
                })
                .collect(),
        })
    }

    pub(super) fn print(&self) {
        let state = match (self.exists, self.writable) {
            (true, true) => format!("{}, can be written", size_text(self.bytes)),
            (true, false) => format!("{}, cannot be written", size_text(self.bytes)),
            (false, true) => "not there yet, can be made".to_owned(),
            (false, false) => "not there, cannot be made".to_owned(),
        };
        println!("kept in    {}: {state}", self.shown);
        let names: Vec<String> = self.weights.iter().map(Weights::describe).collect();
        match names.is_empty() {
            true => println!(
                "weights    none of the {} of `resam weights list`",
                catalogue().len()
            ),
            false => println!("weights    {}", names.join(", ")),
        }
        println!("scenes     kept only where `resam segment --cache DIR` says");
    }

    pub(super) fn as_json(&self) -> Value {
        let weights = self
            .weights
            .iter()
            .map(|one| json!({ "name": one.name, "bytes": one.bytes, "complete": one.complete }));
        json!({
            "folder": self.shown,
            "exists": self.exists,
            "writable": self.writable,
            "bytes": self.bytes,
            "weights": weights.collect::<Vec<_>>(),
            "scenes": null,
        })
    }
}

impl Weights {
    fn describe(&self) -> String {
        match self.complete {
            true => self.name.to_owned(),
            false => format!(
                "{} ({} of {} so far)",
                self.name,
                size_text(self.bytes),
                size_text(self.size)
            ),
        }
    }
}

/// A path that says nothing about who works here: below the home folder it begins with `~`, elsewhere
/// the variable that names it stands for it.
fn shown(folder: &Path) -> String {
    let below = |variable: &str| {
        let parent = std::env::var_os(variable).filter(|value| !value.is_empty())?;
        let rest = folder.strip_prefix(PathBuf::from(parent)).ok()?;
        Some(rest.display().to_string())
    };
    let with = |start: &str, rest: String| match rest.is_empty() {
        true => start.to_owned(),
        false => format!("{start}/{rest}"),
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
    let above = folder
        .ancestors()
        .map(|path| match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
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
            match metadata.is_dir() {
                true => folders.push(entry.path()),
                false => bytes += metadata.len(),
            }
        }
    }
    bytes
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
